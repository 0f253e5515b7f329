import Foundation

/// A JSON value of any shape. What is missing reads as ``missing``, so that a test says in one line what it expects.
enum JSON: Equatable, Decodable {
    case missing
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads a document.
    init(text: String) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
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

    /// The elements; none of anything but an array.
    var array: [JSON] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var int: Int? { if case .number(let value) = self { Int(exactly: value) } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}
