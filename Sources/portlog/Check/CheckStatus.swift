/// The state of a check, and the exit code that monitoring knows it by.
enum CheckStatus: Int32, Sendable, CaseIterable {
    /// All is well.
    case ok = 0
    /// Somebody should look.
    case warning = 1
    /// Somebody has to.
    case critical = 2
    /// It cannot be told.
    case unknown = 3

    /// As it stands in the line.
    var name: String {
        switch self {
        case .ok: "OK"
        case .warning: "WARNING"
        case .critical: "CRITICAL"
        case .unknown: "UNKNOWN"
        }
    }

    /// The worse of two: critical before unknown, as something is known to be wrong then.
    func worse(_ other: CheckStatus) -> CheckStatus {
        let order: [CheckStatus] = [.ok, .warning, .unknown, .critical]
        return (order.firstIndex(of: self) ?? 0) >= (order.firstIndex(of: other) ?? 0) ? self : other
    }
}
