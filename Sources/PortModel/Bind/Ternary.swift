/// What is known of a condition: that it holds, that it does not, or neither.
public enum Ternary: Hashable, Sendable {
    /// It does not hold.
    case no
    /// Nothing tells.
    case unknown
    /// It holds.
    case yes

    /// What is known of a flag; `nil`: nothing.
    public init(_ flag: Bool?) { self = flag.map { $0 ? .yes : .no } ?? .unknown }

    /// Whether it may hold.
    public var isPossible: Bool { self != .no }
    /// Whether it may fail to hold.
    public var isAvoidable: Bool { self != .yes }

    /// The opposite.
    static prefix func ! (a: Ternary) -> Ternary {
        switch a {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }

    /// Both.
    static func && (a: Ternary, b: Ternary) -> Ternary {
        if a == .no || b == .no { return .no }
        return a == .yes && b == .yes ? .yes : .unknown
    }

    /// One of them, or both.
    static func || (a: Ternary, b: Ternary) -> Ternary {
        if a == .yes || b == .yes { return .yes }
        return a == .no && b == .no ? .no : .unknown
    }
}
