extension KeyedEncodingContainer {
    /// Encodes a value, or `null` where there is none. For documents that are encoded by the hundred thousand, where the
    /// nested encoder that ``ExplicitNull`` costs would be felt.
    mutating func encode(orNull value: String?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }

    /// Encodes a number, or `null` where there is none.
    mutating func encode(orNull value: (some FixedWidthInteger & Encodable)?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }

    /// Encodes a fraction, or `null` where there is none.
    mutating func encode(orNull value: Double?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }
}
