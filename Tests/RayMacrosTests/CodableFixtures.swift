public import Ray

@RayCodable
public struct Point: Sendable, Equatable {
  public var x: Double
  public var y: Double
}

@RayCodable
struct Everything: Equatable {
  static let shared = 3
  let id: Int
  var name: String
  private var secret: Int = 5
  var label: String?
  var count = 7, ratio = 0.5
  var a, b: Int
  var tags: [String] = ["none"]
  let version = 2
  var plain: Plain
  var points: [Point] = []
  var computed: Int { id + secret }
  var observed: Int = 1 { didSet {} }
  @LocalOnly var cache: [Int: Int] = [:]
  var `default`: Bool?

  init(id: Int, name: String, a: Int, b: Int, plain: Plain, secret: Int = 5) {
    self.id = id
    self.name = name
    self.a = a
    self.b = b
    self.plain = plain
    self.secret = secret
  }
}

struct Plain: Codable, Equatable {
  var z: Int
}

@RayCodable struct Empty: Equatable {}

@RayCodable struct Pair<First: Equatable, Second: Equatable>: Equatable {
  var first: First
  var second: [Second]
}

@RayCodable struct Version1: Equatable {
  var a: Int
  var old: String
}

@RayCodable struct Version2: Equatable {
  var new: [Int] = [1]
  var a: Int
  var maybe: Double?
}

@RayCodable enum Color: Equatable, CaseIterable { case red, green, `default` }
@RayCodable enum Level: Int, CaseIterable {
  case low = 1
  case high = 5
}
@RayCodable enum Word: String {
  case yes
  case no = "NO"
}
@RayCodable indirect enum Shape: Equatable {
  case empty
  case circle(radius: Double)
  case group([Shape], Shape, name: String?)
  case plain(Plain)
}

@RayCodable struct Tree: Equatable {
  var value: Int
  var children: [Tree]
}
