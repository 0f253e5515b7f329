import PortModel
import ProcFS

/// Who lives where, and what a namespace is called.
extension NetworkNamespaces {
    /// A process is asked again in the samples after it was seen first: what enters a namespace does so soon, and then becomes the
    /// program that it was started for. All others are asked in turns, so many in a sample.
    private static let young = 4
    private static let asked = 256

    /// Brings up to date which namespaces there are.
    ///
    /// Processes leave before others enter: a namespace that came in the place of another one finds its name free.
    mutating func find(_ isLiving: (String) -> Bool) {
        if own == nil { own = try? proc.networkNamespace(of: "self") }
        // Without an own one to tell from them, or with a list that is not whole, nothing is said.
        guard let own, (try? proc.pids(into: &pids)) != nil else { return }
        let turns = homes.count / Self.asked + 1
        var entering: [(pid: Int32, namespace: UInt64)] = []
        var known = 0
        for pid in pids {
            let home = homes[pid]
            if let home, sample - home.since >= Self.young, !(sample + Int(pid)).isMultiple(of: turns) {
                known += 1
                continue
            }
            let namespace = try? proc.networkNamespace(of: pid)
            if let namespace, home?.namespace == namespace {
                known += 1
                continue
            }
            leave(pid)
            if let namespace { entering.append((pid, namespace)) }
        }
        if homes.count > known {
            let alive = Set(pids)
            for pid in homes.keys where !alive.contains(pid) { leave(pid) }
        }
        for (inode, namespace) in tracked where namespace.members.isEmpty && given[inode] == nil {
            tracked[inode] = nil
        }
        rename(isLiving)
        for (pid, namespace) in entering {
            homes[pid] = Home(namespace: namespace, since: sample)
            if namespace != own { enter(pid, namespace, isLiving) }
        }
        for inode in given.keys.sorted() where inode != own && tracked[inode] == nil { track(inode, nil, isLiving) }
    }

    private mutating func enter(_ pid: Int32, _ namespace: UInt64, _ isLiving: (String) -> Bool) {
        if tracked[namespace] == nil { track(namespace, pid, isLiving) }
        tracked[namespace]?.members.insert(pid)
        tracked[namespace]?.wake()
    }

    private mutating func track(_ namespace: UInt64, _ pid: Int32?, _ isLiving: (String) -> Bool) {
        let identity = self.identity(of: namespace, pid)
        let name = identity.map { self.name(of: namespace, identity: $0, isLiving) } ?? "net:[\(namespace)]"
        tracked[namespace] = TrackedNamespace(name: name, identity: identity, namer: pid, since: sample)
    }

    /// A process does not live where it did, or not at all.
    mutating func leave(_ pid: Int32) {
        guard let home = homes.removeValue(forKey: pid) else { return }
        tracked[home.namespace]?.members.remove(pid)
        if tracked[home.namespace]?.members.isEmpty == true, given[home.namespace] == nil {
            tracked[home.namespace] = nil
        }
    }

    // MARK: - Names

    /// A namespace keeps the name that it is recorded by, but for two cases: ip-netns names it afterwards, or the process that it was
    /// found by has moved to its unit or container since.
    private mutating func rename(_ isLiving: (String) -> Bool) {
        for (inode, namespace) in tracked {
            let isYoung = sample - namespace.since < Self.young
            let isNameless = namespace.identity == nil && sample.isMultiple(of: longestPause)
            guard given[inode] != nil || isYoung || isNameless else { continue }
            let namer = namespace.namer.flatMap { namespace.members.contains($0) ? $0 : nil }
            guard let identity = self.identity(of: inode, namer), identity != namespace.identity else { continue }
            let name = self.name(of: inode, identity: identity, isLiving)
            tracked[inode]?.name = name
            tracked[inode]?.identity = identity
        }
    }

    /// What identifies a namespace: the name that `ip netns` gave it, else the container or the unit of the process that was found in
    /// it first.
    private func identity(of namespace: UInt64, _ pid: Int32?) -> String? {
        if let name = given[namespace] { return name }
        guard let pid, let cgroup = try? proc.process(pid).cgroup() else { return nil }
        return cgroup.container.map(PortOwner.shortContainer) ?? cgroup.unit
    }

    /// The name for the history. Where another namespace has that name already, the inode stands behind it; also where the recorder
    /// before this one has found it so, whichever of the two is found first now.
    private func name(of namespace: UInt64, identity: String, _ isLiving: (String) -> Bool) -> String {
        let isTaken =
            identity == Snapshot.hostNamespace
            || tracked.contains { $0.key != namespace && $0.value.name == identity }
        let distinct = "\(identity) net:[\(namespace)]"
        return isTaken || isLiving(distinct) ? distinct : identity
    }
}
