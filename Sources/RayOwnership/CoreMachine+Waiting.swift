package import RayProtocol

extension CoreMachine {
  // MARK: Local waiters

  /// Wakes `waiter` when all `ids` are ready. False when they are already.
  package func wait(_ waiter: ObjectWaiter, forAll ids: [ObjectID]) -> Bool {
    waiter.all = ids
    waiter.position = ids.count
    // All at once, not one after another as the walk gets to them.
    for id in ids where id.owner != me { fetch(id) }
    return advance(waiter)
  }

  /// Wakes `waiter` when `id` is ready. False when it is already.
  package func wait(_ waiter: ObjectWaiter, for id: ObjectID) -> Bool {
    guard !isReady(id) else { return false }
    waiter.missing = 1
    add(WaitNode(.waiter(waiter)), to: id)
    return true
  }

  /// Wakes `waiter` when `count` of `ids` are ready. False when they are already.
  package func wait(_ waiter: ObjectWaiter, for count: Int, of ids: [ObjectID]) -> Bool {
    let pending = ids.filter { !isReady($0) }
    waiter.missing = count - (ids.count - pending.count)
    guard waiter.missing > 0 else { return false }
    for id in pending { add(WaitNode(.waiter(waiter)), to: id) }
    return true
  }

  /// Forgets a waiter that timed out or was cancelled.
  package func abandon(_ waiter: ObjectWaiter, ids: [ObjectID]) {
    waiter.isFinished = true
    waiter.link = nil
    if waiter.all.isEmpty {
      for id in ids { remove(waiter, from: id) }
    } else if waiter.position > 0 {
      remove(waiter, from: waiter.all[waiter.position - 1])
    }
  }

  /// Starts fetching an object that somebody else owns.
  package func fetch(_ id: ObjectID) {
    guard id.owner != me, let object = borrowed[id], object.place == .pending, !object.isFetching
    else { return }
    object.isFetching = true
    let peer = peer(id.owner)
    guard !peer.isClosed else { return ownerDied(object) }
    peer.outbox.frame(.fetch, id: id.index)
    touch(peer)
  }

  /// Walks to the last object that is not ready and waits there; true while the waiter has to wait.
  ///
  /// Results mostly come in the order of their calls: when the last one is there, one walk finds the others ready.
  private func advance(_ waiter: ObjectWaiter) -> Bool {
    let blocking = waiter.all.withUnsafeBufferPointer { all in
      all[..<waiter.position].lastIndex { !isReady($0) }
    }
    if let blocking {
      waiter.position = blocking + 1
      add(link(of: waiter), to: waiter.all[blocking])
      return true
    }
    waiter.position = 0
    waiter.link = nil
    return false
  }

  /// One link serves the whole walk: it is in one list at a time.
  private func link(of waiter: ObjectWaiter) -> WaitNode {
    if let link = waiter.link { return link }
    let link = WaitNode(.waiter(waiter))
    waiter.link = link
    return link
  }

  // MARK: Lists

  func add(_ node: WaitNode, to id: ObjectID) {
    if id.owner == me {
      guard let object = objects.find(id.index) else { return }
      node.next = object.pointee.waiters
      object.pointee.waiters = .passRetained(node)
    } else {
      let object = borrowedObject(id)
      node.next = object.waiters
      object.waiters = .passRetained(node)
      fetch(id)
    }
  }

  /// Tells a detached list of waiters that `id` is ready; consumes the list. Oldest first.
  func notify(_ list: Unmanaged<WaitNode>, _ id: ObjectID) {
    var reversed: Unmanaged<WaitNode>?
    var next: Unmanaged<WaitNode>? = list
    while let link = next {
      let node = link.takeUnretainedValue()
      next = node.next
      node.next = reversed
      reversed = link
    }
    while let link = reversed {
      let node = link.takeRetainedValue()
      reversed = node.next
      notify(node.target, id)
    }
  }

  private func notify(_ target: WaitNode.Target, _ id: ObjectID) {
    switch target {
    case .waiter(let waiter): objectReady(for: waiter)
    case .task(let index): argumentReady(index)
    case .creation(let actor): creationArgumentReady(actor)
    case .peer(let peer): if !peer.isClosed { sendObject(id, to: peer) }
    }
  }

  private func objectReady(for waiter: ObjectWaiter) {
    guard !waiter.isFinished else { return }
    if !waiter.all.isEmpty {
      if advance(waiter) { return }
    } else {
      waiter.missing -= 1
      guard waiter.missing <= 0 else { return }
    }
    waiter.isFinished = true
    wakeups.append(waiter)
  }

  private func remove(_ waiter: ObjectWaiter, from id: ObjectID) {
    if id.owner == me {
      guard let object = objects.find(id.index) else { return }
      object.pointee.waiters = removing(object.pointee.waiters, waiter)
    } else if let object = borrowed[id] {
      object.waiters = removing(object.waiters, waiter)
    }
  }

  private func removing(_ list: Unmanaged<WaitNode>?, _ waiter: ObjectWaiter) -> Unmanaged<
    WaitNode
  >? {
    guard let link = list else { return nil }
    let node = link.takeUnretainedValue()
    var head: Unmanaged<WaitNode>? = link
    if case .waiter(let other) = node.target, other === waiter {
      head = node.next
      link.release()
      return removing(head, waiter)
    }
    var previous = node
    while let nextLink = previous.next {
      let nextNode = nextLink.takeUnretainedValue()
      if case .waiter(let other) = nextNode.target, other === waiter {
        previous.next = nextNode.next
        nextLink.release()
      } else {
        previous = nextNode
      }
    }
    return head
  }

  func dropWaiters(_ list: Unmanaged<WaitNode>?) {
    var next = list
    while let link = next {
      let node = link.takeRetainedValue()
      next = node.next
      if case .waiter(let waiter) = node.target { waiter.link = nil }
    }
  }
}
