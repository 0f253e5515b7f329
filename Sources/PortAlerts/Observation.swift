import PortModel

/// What a rule says of a subject at a sample.
struct Observation {
    /// What is told when an alert begins or becomes worse; put together only then.
    struct Telling {
        /// What happened.
        var message: String
        /// What can be done.
        var advice: [String] = []
        /// Whose it is.
        var owners: [PortOwner] = []
    }

    /// When an alert that lasts is at rest.
    enum Rest {
        /// Whether it is now.
        case isNow(Bool)
        /// When the figure is below a share of the peak.
        case belowPeak(Double)
    }

    /// The figure.
    var value: Double
    /// How bad it is; `nil` when nothing is wrong.
    var severity: AlertSeverity?
    /// When the alert is at rest.
    var rest: Rest
    /// For how long a warning has to hold, in milliseconds.
    var hold: Int64
    /// When the ports run out.
    var exhaustedAt: Timestamp?

    /// An observation of its parts. Where the rule is switched off for the subject nothing is wrong, and an alert that lasts is at rest.
    init(
        _ value: Double, _ severity: AlertSeverity?, rest: Rest, hold: Int64 = 0, exhaustedAt: Timestamp? = nil,
        isEnabled: Bool = true
    ) {
        self.value = value
        self.severity = isEnabled ? severity : nil
        self.rest = isEnabled ? rest : .isNow(true)
        self.hold = hold
        self.exhaustedAt = exhaustedAt
    }

    /// There is nothing any more.
    static let nothing = Observation(0, nil, rest: .isNow(true))
}
