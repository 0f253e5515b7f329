import PortModel
import ProcFS

/// Which network namespaces are recorded.
public enum RecordedNamespaces: String, Sendable, CaseIterable {
    /// Every one that a process lives in, as far as that can be seen.
    case all
    /// The recorder's own.
    case own
}

/// The network namespaces that processes live in, apart from the recorder's own: found, named and read.
///
/// Each is read once a sample, through /proc/\<pid>/net of any process that lives there. One that has no sockets, or none that
/// change, is not read each time: `sockstat` tells for the price of one small file that there are as many as before.
struct NetworkNamespaces {
    private let proc: ProcFS
    private let named: NamedNamespaces
    private let foreignLimits: ForeignLimits
    private let bound: BoundSockets?
    private let longestPause: Int

    private var tracked: [UInt64: TrackedNamespace] = [:]
    /// In which namespace a process was seen, and in which sample it was asked for the first time.
    private var homes: [Int32: Home] = [:]
    private var own: UInt64?
    private var pids: [Int32] = []
    private var sample = 0

    /// A process is asked again in the samples after it was seen first: what enters a namespace does so soon, and then becomes the
    /// program that it was started for. All others are asked in turns, so many in a sample.
    private static let young = 4
    private static let asked = 256

    private struct Home {
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
    ///   - interval: from one sample to the next: nothing is left unread for longer than a minute.
    ///   - bound: what sock_diag is asked for besides; `nil`: nothing.
    init(
        _ proc: ProcFS, named: NamedNamespaces, limits: ForeignLimits, bound: BoundSockets? = nil, interval: Duration
    ) {
        self.proc = proc
        self.named = named
        foreignLimits = limits
        self.bound = bound
        longestPause = max(1, Int(Duration.seconds(60) / max(interval, .milliseconds(1))))
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
        find(isLiving)
        var reading = Reading()
        for inode in tracked.keys.sorted() {
            guard let name = tracked[inode]?.name else { continue }
            guard let number = number(name) else {
                reading.unnumbered += 1
                continue
            }
            guard var snapshot = read(inode, limits, &reading) else { continue }
            snapshot.namespace = number
            reading.snapshots.append(snapshot)
        }
        return reading
    }

    // MARK: - Who lives where

    private mutating func find(_ isLiving: (String) -> Bool) {
        if own == nil { own = try? proc.networkNamespace(of: "self") }
        // Without an own one to tell from them, or with a list that is not whole, nothing is said.
        guard let own, (try? proc.pids(into: &pids)) != nil else { return }
        let turns = homes.count / Self.asked + 1
        for pid in pids {
            let home = homes[pid]
            if let home, sample - home.since >= Self.young, !(sample + Int(pid)).isMultiple(of: turns) { continue }
            guard let namespace = try? proc.networkNamespace(of: pid) else {
                leave(pid)
                continue
            }
            if home?.namespace == namespace { continue }
            leave(pid)
            homes[pid] = Home(namespace: namespace, since: sample)
            if namespace != own { enter(pid, namespace, isLiving) }
        }
        if homes.count > pids.count {
            let alive = Set(pids)
            for pid in homes.keys where !alive.contains(pid) { leave(pid) }
        }
    }

    private mutating func enter(_ pid: Int32, _ namespace: UInt64, _ isLiving: (String) -> Bool) {
        if tracked[namespace] == nil {
            tracked[namespace] = TrackedNamespace(name: name(of: namespace, pid, isLiving))
        }
        tracked[namespace]?.members.insert(pid)
    }

    private mutating func leave(_ pid: Int32) {
        guard let home = homes.removeValue(forKey: pid) else { return }
        tracked[home.namespace]?.members.remove(pid)
        if tracked[home.namespace]?.members.isEmpty == true { tracked[home.namespace] = nil }
    }

    /// What identifies a namespace: the name that `ip netns` gave it, else the container or the unit of the process that was found in
    /// it first. Where another one has that name already, the inode stands behind it; also where the recorder before this one has
    /// found it so, whichever of the two is found first now.
    private func name(of namespace: UInt64, _ pid: Int32, _ isLiving: (String) -> Bool) -> String {
        let cgroup = try? proc.process(pid).cgroup()
        let text = named.names()[namespace] ?? cgroup?.container.map(PortOwner.shortContainer) ?? cgroup?.unit
        guard let text else { return "net:[\(namespace)]" }
        let isTaken = text == Snapshot.hostNamespace || tracked.values.contains { $0.name == text }
        let distinct = "\(text) net:[\(namespace)]"
        return isTaken || isLiving(distinct) ? distinct : text
    }

    // MARK: - Reading

    private mutating func read(_ inode: UInt64, _ own: PortLimits, _ reading: inout Reading) -> Snapshot? {
        // A process may have ended or gone elsewhere; then another one shows the same.
        while let pid = tracked[inode]?.members.min() {
            guard (try? proc.networkNamespace(of: pid)) == inode else {
                leave(pid)
                continue
            }
            guard var namespace = tracked[inode] else { return nil }
            let isDue = namespace.isBoundDue(sample)
            var boundRows = isDue ? bound?.foreign(pid, inode) : nil
            namespace.read(through: pid, proc, sample, longestPause)
            // Only what was still of this namespace afterwards was.
            guard (try? proc.networkNamespace(of: pid)) == inode else {
                leave(pid)
                continue
            }
            if let bound, isDue || namespace.hasChanged {
                if !isDue { boundRows = bound.foreign(pid, inode) }
                if boundRows == nil { reading.unentered += 1 }
                namespace.setBound(boundRows, sample, longestPause)
            }
            if sample >= namespace.limitsDue {
                // What was known stays so where it cannot be read for once.
                let limits = foreignLimits.read(pid, inode)
                if let limits {
                    namespace.limits = limits
                } else if !namespace.knowsLimits {
                    namespace.limits = Self.assumed(own)
                }
                namespace.limitsDue = sample + (limits == nil && namespace.knowsLimits ? 1 : longestPause)
                namespace.knowsLimits = namespace.knowsLimits || limits != nil
            }
            tracked[inode] = namespace
            reading.malformed += namespace.tables.malformed
            reading.failures += namespace.tables.failures
            return namespace.isRead ? namespace.snapshot : nil
        }
        return nil
    }

    private static func assumed(_ own: PortLimits) -> PortLimits {
        var limits = PortLimits()
        limits.kernelRelease = own.kernelRelease
        limits.assumed = true
        return limits
    }
}
