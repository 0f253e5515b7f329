import PortModel

/// An alert as JSON shows it: `alert` of docs/json-output.md. Hooks get the same.
public struct AlertDocument: Hashable, Sendable, Encodable {
    /// The worst figure.
    public struct Peak: Hashable, Sendable, Encodable {
        /// The figure, in the alert's unit.
        public var value: Double
        /// When it was first.
        public var at: Timestamp
    }

    /// The alert.
    public let alert: Alert

    /// The document of an alert.
    public init(_ alert: Alert) { self.alert = alert }

    /// What it is about.
    public var subject: AlertSubjectDocument { AlertSubjectDocument(alert) }
    /// The worst figure.
    public var peak: Peak { Peak(value: Self.rounded(alert.peak), at: alert.peakAt) }
    /// The figure now, or at the end.
    public var value: Double { Self.rounded(alert.value) }
    /// The number; `nil` where it could not be written.
    public var id: Int? { alert.id == 0 ? nil : alert.id }
    /// What else tells it from others; `nil` where there is nothing.
    public var detail: String? { alert.subject.detail.isEmpty ? nil : alert.subject.detail }
    /// Whose it is.
    public var owners: [OwnerDocument] { alert.owners.map { OwnerDocument($0) } }

    /// To a ten-thousandth: a share is a percentage with two digits then.
    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

    private enum CodingKeys: String, CodingKey {
        case id, rule, severity, subject, detail, times, value, unit, peak, silenced, owners, message, advice
        case openedAt = "opened_at"
        case worsenedAt = "worsened_at"
        case resolvedAt = "resolved_at"
        case exhaustedAt = "exhausted_at"
    }

    /// Encodes every field; what is not known is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ExplicitNull(wrappedValue: id), forKey: .id)
        try container.encode(alert.rule, forKey: .rule)
        try container.encode(alert.severity, forKey: .severity)
        try container.encode(subject, forKey: .subject)
        try container.encode(ExplicitNull(wrappedValue: detail), forKey: .detail)
        try container.encode(alert.openedAt, forKey: .openedAt)
        try container.encode(ExplicitNull(wrappedValue: alert.worsenedAt), forKey: .worsenedAt)
        try container.encode(ExplicitNull(wrappedValue: alert.resolvedAt), forKey: .resolvedAt)
        try container.encode(alert.times, forKey: .times)
        try container.encode(value, forKey: .value)
        try container.encode(alert.unit, forKey: .unit)
        try container.encode(peak, forKey: .peak)
        try container.encode(ExplicitNull(wrappedValue: alert.exhaustedAt), forKey: .exhaustedAt)
        try container.encode(alert.isSilenced, forKey: .silenced)
        try container.encode(owners, forKey: .owners)
        try container.encode(alert.message, forKey: .message)
        try container.encode(alert.advice, forKey: .advice)
    }
}

/// What an alert is about, in the fields of its question.
public struct AlertSubjectDocument: Hashable, Sendable, Encodable {
    /// The name of the namespace.
    public var namespace: String?
    /// TCP or UDP.
    public var transport: TransportProtocol?
    /// The source of a destination, or what a listener is bound to.
    public var localAddress: String?
    /// The port of a listener.
    public var localPort: UInt16?
    /// The peer of a destination.
    public var remoteAddress: String?
    /// Its port.
    public var remotePort: UInt16?
    /// The process.
    public var owner: OwnerDocument?
    /// The part of the recorder.
    public var part: String?

    /// The subject of an alert: only the fields of its kind.
    init(_ alert: Alert) {
        let subject = alert.subject
        switch subject.kind {
        case .destination, .listener, .pool:
            (namespace, transport) = (subject.namespace, subject.transport)
        case .namespace: namespace = subject.namespace
        case .program: owner = alert.owners.first.map { OwnerDocument($0) }
        case .recorder: part = subject.detail
        }
        if subject.kind == .destination || subject.kind == .listener {
            localAddress = subject.local?.address.description
        }
        if subject.kind == .listener { localPort = subject.local?.port }
        if subject.kind == .destination {
            remoteAddress = subject.remote?.address.description
            remotePort = subject.remote?.port
        }
    }

    private enum CodingKeys: String, CodingKey {
        case namespace, owner, part
        case transport = "protocol"
        case localAddress = "local_address"
        case localPort = "local_port"
        case remoteAddress = "remote_address"
        case remotePort = "remote_port"
    }
}
