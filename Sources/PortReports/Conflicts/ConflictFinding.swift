import PortModel

/// A conflict as it was found, in sample numbers; the report gives it times and names.
struct ConflictFinding: Sendable {
    /// What went wrong.
    var kind: ConflictKind
    /// How bad it is.
    var severity: ConflictSeverity
    /// Where.
    var key: BindKey
    /// The sockets that have a part in it, the one to look at first.
    var parties: [SocketLife]
    /// How many more have a part in it.
    var partiesOmitted = 0
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

    /// How many sockets of one kind a finding shows: a busy service leaves tens of thousands in TIME_WAIT.
    static let shownParties = 20
}
