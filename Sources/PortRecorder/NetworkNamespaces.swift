import PortModel
import ProcFS

/// Which network namespaces are recorded.
public enum RecordedNamespaces: String, Sendable, CaseIterable {
    /// Every one that a process lives in, as far as that can be seen.
    case all
    /// The recorder's own.
    case own
}

/// The network namespaces that processes live in, or that ip-netns keeps, apart from the recorder's own: found, named and read.
///
/// Each is read once a sample, through /proc/\<pid>/net of any process that lives there. One that has no sockets, or none that
/// change, is not read each time: `sockstat` tells for the price of one small file that there are as many as before.
struct NetworkNamespaces {
    let proc: ProcFS
    let named: NamedNamespaces
    let foreignLimits: ForeignLimits
    let bound: BoundSockets?
    /// From one sample to the next.
    var interval: Duration {
        didSet {
            if interval == oldValue { return }
            for inode in tracked.keys { tracked[inode]?.beginAnew() }
        }
    }
    /// In samples: nothing is left unread for longer than a minute.
    var longestPause: Int { max(1, Int(Duration.seconds(60) / max(interval, .milliseconds(1)))) }

    var tracked: [UInt64: TrackedNamespace] = [:]
    /// In which namespace a process was seen, and in which sample it was asked for the first time.
    var homes: [Int32: Home] = [:]
    /// The names that ip-netns has given, at this sample.
    var given: [UInt64: String] = [:]
    var own: UInt64?
    var pids: [Int32] = []
    var sample = 0

    /// Where a process lives.
    struct Home {
        var namespace: UInt64
        var since: Int
    }

    /// What has been found out by a sample.
    struct Reading {
        /// One a namespace.
        var snapshots: [Snapshot] = []
        /// Rows that were skipped.
        var malformed = 0
        /// Namespaces for whose names the history has no room.
        var unnumbered = 0
        /// Namespaces whose bound sockets could not be asked for.
        var unentered = 0
        /// What could not be read, for the log.
        var failures: [ProcFailure] = []
    }

    /// Knows none yet.
    ///
    /// - Parameters:
    ///   - interval: from one sample to the next.
    ///   - bound: what sock_diag is asked for besides; `nil`: nothing.
    init(
        _ proc: ProcFS, named: NamedNamespaces, limits: ForeignLimits, bound: BoundSockets? = nil, interval: Duration
    ) {
        self.proc = proc
        self.named = named
        foreignLimits = limits
        self.bound = bound
        self.interval = interval
    }

    /// Reads every namespace but the recorder's own.
    ///
    /// - Parameters:
    ///   - own: the limits of the recorder's namespace: what may not be read of another is assumed, but for the kernel's release.
    ///   - isLiving: whether the history had a namespace of this name in its newest sample.
    ///   - number: gives the number by which the history knows a name, `nil` when there is none left.
    mutating func read(
        own limits: PortLimits, isLiving: (String) -> Bool = { _ in false }, number: (String) -> Int?
    ) -> Reading {
        sample += 1
        given = named.names()
        find(isLiving)
        var reading = Reading()
        for inode in tracked.keys.sorted() {
            guard var snapshot = read(inode, limits, &reading) else { continue }
            guard let number = number(snapshot.namespaceName) else {
                reading.unnumbered += 1
                continue
            }
            snapshot.namespace = number
            reading.snapshots.append(snapshot)
        }
        return reading
    }

    /// What is known of some namespaces, by their names, may be out of date: the next sample reads them, however quiet they were.
    mutating func doubt(_ names: Set<String>) {
        if names.isEmpty { return }
        for (inode, namespace) in tracked where names.contains(namespace.name) { tracked[inode]?.doubt() }
    }
}
