import PortModel
import ProcFS

/// A network namespace that is being recorded.
struct TrackedNamespace {
    /// What identifies it to the history.
    var name: String
    /// What it is named after: the name of ip-netns, a container or a unit; `nil` where none is known.
    var identity: String?
    /// The process that it was found by.
    let namer: Int32?
    /// The sample in which it was found.
    let since: Int
    /// The processes that live there.
    var members: Set<Int32> = []
    /// In which sample it is looked at again, where no process lives in it and it has no sockets.
    private(set) var vacantDue = 0
    private var vacantPause = 1
    /// What was read last.
    var tables = SocketReading()
    /// What holds in it.
    var limits = PortLimits()
    /// They have been read, and are not assumed.
    var knowsLimits = false
    /// When the limits are to be read again, in samples.
    var limitsDue = 0
    /// How many samples lie between two readings now.
    private(set) var pause = 1
    /// What stands in it is known.
    private(set) var isRead = false
    /// The last call of ``read(through:_:_:_:)`` found other sockets than the one before, or some that change by themselves.
    private(set) var hasChanged = false
    /// A holder of one of its sockets has gone: what is known of it may be out of date.
    private var isDoubted = false
    private var lastRead = 0
    private var rows: [SocketRow] = []
    private var counts: Counts?
    private var bound: [SocketRow] = []
    private var boundPause = 1
    private var boundDue = 0

    /// How many sockets there are, by the kernel's own count.
    private struct Counts: Equatable {
        var four: ProcSockstatCounts
        var six: ProcSockstat6?

        var isEmpty: Bool { four == ProcSockstatCounts() && (six?.tcpInUse ?? 0) == 0 && (six?.udpInUse ?? 0) == 0 }
    }

    /// A namespace that has not been read.
    init(name: String, identity: String?, namer: Int32?, since sample: Int) {
        (self.name, self.identity, self.namer, since) = (name, identity, namer, sample)
    }

    /// Its sockets as they were read last; the number of the namespace is the history's to give.
    var snapshot: Snapshot {
        let hidden = BoundSockets.missing(bound, in: rows)
        var snapshot = Snapshot(namespaceName: name, rows: hidden.isEmpty ? rows : rows + hidden, limits: limits)
        snapshot.pause = pause
        return snapshot
    }

    /// Whether sock_diag is to be asked for its bound sockets.
    func isBoundDue(_ sample: Int) -> Bool { sample >= boundDue }

    /// Puts down what sock_diag told; what could not be asked for stays as it was. No count tells whether there are others: they are
    /// asked for in each sample while something goes on in the namespace, and less and less often where nothing does.
    mutating func setBound(_ rows: [SocketRow]?, _ sample: Int, _ longest: Int) {
        let isQuiet = !hasChanged && (rows == nil || rows == bound)
        boundPause = isQuiet ? min(boundPause * 2, longest) : 1
        boundDue = sample + boundPause
        if let rows { bound = rows }
    }

    /// It has been read, and there are no sockets in it.
    var isEmpty: Bool { isRead && counts?.isEmpty == true }

    /// Nobody lives in it, and it has no sockets: it is looked at again later.
    mutating func rest(_ sample: Int, _ longest: Int) {
        vacantDue = sample + vacantPause
        vacantPause = min(vacantPause * 2, longest)
    }

    /// It has sockets, or somebody lives in it.
    mutating func wake() { (vacantDue, vacantPause) = (0, 1) }

    /// All its pauses begin anew: they count samples, which come at other times now.
    mutating func beginAnew() {
        wake()
        doubt()
        limitsDue = 0
        (boundDue, boundPause) = (0, 1)
    }

    /// It is read in the next sample, however long it has been quiet.
    mutating func doubt() { isDoubted = true }

    /// Reads it, unless its turn has not come: one without TIME_WAIT whose sockets do not change is read less and less often, and at
    /// once when it has more or fewer of them. What cannot be read stays as it was.
    ///
    /// - Parameter path: the directory of its tables below /proc.
    mutating func read(_ path: String, _ proc: ProcFS, _ sample: Int, _ longest: Int) {
        hasChanged = false
        let counts = try? Counts(
            four: ProcSockstatCounts(proc.sockstat(netPath: path)), six: proc.sockstat6(netPath: path))
        let isQuiet = counts != nil && counts == self.counts && counts?.four.timeWait == 0
        self.counts = counts
        if let counts, counts.isEmpty {
            tables = SocketReading()
            isRead = true
            rows = []
            pause = 1
            return
        }
        if isQuiet, !isDoubted, sample - lastRead < min(pause, longest) { return }
        proc.readSockets(netPath: path, into: &tables)
        guard tables.failures.isEmpty else {
            // It is read again in the next sample.
            self.counts = nil
            return
        }
        isRead = true
        lastRead = sample
        isDoubted = false
        let isSame = isQuiet && rows == tables.rows
        hasChanged = !isSame
        pause = isSame ? min(pause * 2, longest) : 1
        if !isSame { rows = tables.rows }
    }
}

/// Of `sockstat` what is counted for each namespace.
struct ProcSockstatCounts: Equatable {
    var tcp = 0
    var timeWait = 0
    var udp = 0

    init() {}

    init(_ sockstat: ProcSockstat) {
        (tcp, timeWait, udp) = (sockstat.tcpInUse, sockstat.tcpTimeWait, sockstat.udpInUse)
    }
}
