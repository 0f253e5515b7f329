import PortModel

/// A conflict as it was found, in sample numbers; the report gives it times and names.
struct ConflictFinding: Sendable {
    /// How many sockets of one side a finding shows: a busy service leaves tens of thousands in TIME_WAIT.
    static let shownParties = 10

    /// What went wrong.
    var kind: ConflictKind
    /// How bad it is.
    var severity: ConflictSeverity
    /// Where.
    var key: BindKey
    /// The sockets that have a part in it, the one to look at first.
    var parties: [SocketLife]
    /// How many more have a part in it.
    var partiesOmitted: Int
    /// The first sample of the period in which it was so.
    var first: Int
    /// The last one.
    var last: Int
    /// How often it came about.
    var occurrences: Int
    /// What happened, in one or two sentences.
    var explanation: String
    /// What to do, a line each.
    var remedies: [String]

    /// A finding of its parts; of each side the first sockets are shown.
    init(
        _ kind: ConflictKind, _ severity: ConflictSeverity, _ key: BindKey, sides: [[SocketLife]],
        samples: ClosedRange<Int>, occurrences: Int, explanation: String, remedies: [String]
    ) {
        self.kind = kind
        self.severity = severity
        self.key = key
        parties = sides.flatMap { $0.prefix(Self.shownParties) }
        partiesOmitted = sides.reduce(0) { $0 + max(0, $1.count - Self.shownParties) }
        first = samples.lowerBound
        last = samples.upperBound
        self.occurrences = occurrences
        self.explanation = ConflictText.sentence(explanation)
        self.remedies = remedies
    }

    /// The order of the list: the worst first, then the newest.
    func isOrdered(before other: ConflictFinding) -> Bool {
        if severity != other.severity { return severity > other.severity }
        if last != other.last { return last > other.last }
        if kind != other.kind { return kind.rank < other.kind.rank }
        if key.namespace != other.key.namespace { return key.namespace < other.key.namespace }
        if key.transport != other.key.transport { return key.transport == .tcp }
        if key.local.port != other.key.local.port { return key.local.port < other.key.local.port }
        return key.local.address < other.key.local.address
    }
}
