import PortModel
import ProcFS

/// How a namespace is read.
extension NetworkNamespaces {
    /// Reads one; `nil` where there is nothing to record of it.
    mutating func read(_ inode: UInt64, _ own: PortLimits, _ reading: inout Reading) -> Snapshot? {
        // A process may have ended or gone elsewhere; then another one shows the same.
        while let pid = tracked[inode]?.members.min() {
            guard (try? proc.networkNamespace(of: pid)) == inode else {
                leave(pid)
                continue
            }
            guard var namespace = tracked[inode] else { return nil }
            let isDue = namespace.isBoundDue(sample)
            var boundRows = isDue ? bound?.foreign(pid, inode) : nil
            namespace.read("\(pid)/net", proc, sample, longestPause)
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
        return readVacant(inode, own, &reading)
    }

    /// Reads a namespace that no process lives in: its TIME_WAITs are still there, and the sockets that a process elsewhere has opened
    /// in it. Only ip-netns keeps one, and only a thread that enters it can see it; where that is not permitted, or where there are no
    /// sockets, it is not recorded, and looked at less and less often.
    private mutating func readVacant(_ inode: UInt64, _ own: PortLimits, _ reading: inout Reading) -> Snapshot? {
        guard let namespace = tracked[inode], let name = given[inode], sample >= namespace.vacantDue else { return nil }
        let (proc, sample, longestPause) = (proc, sample, longestPause)
        let isLimitsDue = sample >= namespace.limitsDue
        let entered = NamespaceThread.run(at: named.path(name), inode, proc) {
            var entered = namespace
            entered.read("thread-self/net", proc, sample, longestPause)
            entered.setBound([], sample, longestPause)
            if isLimitsDue {
                let (limits, failures) = proc.limits()
                if failures.isEmpty { (entered.limits, entered.knowsLimits) = (limits, true) }
                entered.limitsDue = sample + longestPause
            }
            return entered
        }
        guard var entered, !entered.isEmpty else {
            tracked[inode]?.rest(sample, longestPause)
            return nil
        }
        if !entered.knowsLimits { entered.limits = Self.assumed(own) }
        entered.wake()
        tracked[inode] = entered
        reading.malformed += entered.tables.malformed
        reading.failures += entered.tables.failures
        return entered.isRead ? entered.snapshot : nil
    }

    private static func assumed(_ own: PortLimits) -> PortLimits {
        var limits = PortLimits()
        limits.kernelRelease = own.kernelRelease
        limits.assumed = true
        return limits
    }
}
