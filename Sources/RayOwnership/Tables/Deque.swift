/// A queue in a ring; adding and taking in constant time.
package struct Deque<Element> {
  private var storage: [Element?] = Array(repeating: nil, count: 16)
  private var head = 0
  package private(set) var count = 0

  package init() {}
  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ element: Element) {
    if count == storage.count { grow() }
    storage[(head + count) & (storage.count - 1)] = element
    count += 1
  }

  package mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = storage[head].take()
    head = (head + 1) & (storage.count - 1)
    count -= 1
    return element
  }

  private mutating func grow() {
    var larger = [Element?](repeating: nil, count: storage.count * 2)
    for offset in 0..<count { larger[offset] = storage[(head + offset) & (storage.count - 1)] }
    storage = larger
    head = 0
  }
}
