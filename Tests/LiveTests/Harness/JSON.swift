import Foundation

/// A JSON value of any shape. What is missing reads as ``missing``, so that a test says in one line what it expects.
enum JSON: Hashable {
    case missing
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads a document.
    init(text: String) throws {
        self.init(try JSONSerialization.jsonObject(with: Data(text.utf8)))
    }

    private init(_ value: Any) {
        switch value {
        case let members as [String: Any]: self = .object(members.mapValues { JSON($0) })
        case let elements as [Any]: self = .array(elements.map { JSON($0) })
        case let text as String: self = .string(text)
        case let number as NSNumber: self = Self.isBool(number) ? .bool(number.boolValue) : .number(number.doubleValue)
        default: self = .null
        }
    }

    /// JSON's `true` is a number to Foundation, of a type that only truth values have.
    private static func isBool(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }

    /// A member of an object.
    subscript(_ name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .missing } else { .missing }
    }

    /// An element of an array.
    subscript(_ index: Int) -> JSON {
        let elements = array
        return elements.indices.contains(index) ? elements[index] : .missing
    }

    /// An object without one of its members.
    func without(_ name: String) -> JSON {
        if case .object(let members) = self { .object(members.filter { $0.key != name }) } else { self }
    }

    /// The elements; none of anything but an array.
    var array: [JSON] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var int: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }
    var double: Double? { if case .number(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
