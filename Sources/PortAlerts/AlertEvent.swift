import PortModel

/// A turn of a story, which is delivered.
public struct AlertEvent: Hashable, Sendable {
    /// Which turn.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// It began, or began again.
        case opened
        /// It became worse.
        case worsened
        /// It ended.
        case resolved
    }

    /// Which turn.
    public var kind: Kind
    /// The alert as it is then.
    public var alert: Alert

    /// An event of its parts.
    public init(_ kind: Kind, _ alert: Alert) {
        self.kind = kind
        self.alert = alert
    }
}
