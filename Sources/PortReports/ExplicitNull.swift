/// A property that is written out as `null` where there is none. The synthesized `encode(to:)` leaves out optionals that are
/// `nil`, but every field of a portlog document is always there.
///
///     struct Peak: Encodable {
///         @ExplicitNull var at: Timestamp?
///     }
@propertyWrapper
public struct ExplicitNull<Value> {
    /// The value, or none.
    public var wrappedValue: Value?

    /// A property with a value, or none.
    public init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }
}

extension ExplicitNull: Encodable where Value: Encodable {
    /// Encodes the value, or null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

extension ExplicitNull: Equatable where Value: Equatable {}
extension ExplicitNull: Hashable where Value: Hashable {}
extension ExplicitNull: Sendable where Value: Sendable {}
