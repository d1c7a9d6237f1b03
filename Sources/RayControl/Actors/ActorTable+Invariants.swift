internal import RayProtocol

extension ActorTable {
  /// What is wrong with the table; empty when nothing is.
  package func checkInvariants() -> [String] {
    var problems: [String] = []
    func expect(_ condition: Bool, _ text: @autoclosure () -> String) { if !condition { problems.append(text()) } }
    for (key, actor) in names {
      expect(records[actor]?.spec.name == key.name, "name '\(key.name)' belongs to a dead actor")
      expect(records[actor]?.spec.namespace == key.namespace, "name '\(key.name)' is in the wrong namespace")
    }
    for (actor, record) in records {
      if case .dead = record.state { problems.append("actor \(actor) is dead and still in the table") }
      if case .alive(let worker) = record.state { expect(record.host == worker, "actor \(actor) lives without a process") }
      if record.state == .dependenciesPending { expect(record.host == nil, "actor \(actor) started without arguments") }
      if let host = record.host { expect(hosted[host] == actor, "process \(host) does not host actor \(actor)") }
      if let name = record.spec.name {
        let key = NameKey(namespace: record.spec.namespace, name: name)
        expect(names[key] == actor, "actor \(actor) has lost its name")
      }
      let max = record.spec.restartCountMax
      expect(max < 0 || record.restartCount <= UInt32(max), "actor \(actor) was restarted \(record.restartCount) times")
      expect(Set(record.watchers).count == record.watchers.count, "actor \(actor) is watched twice by one process")
    }
    for actor in standIns.keys { expect(records[actor] == nil, "actor \(actor) is itself and stands for another one") }
    for actor in earlyWatchers.keys { expect(records[actor] == nil, "actor \(actor) has early watchers and a record") }
    return problems
  }
}
