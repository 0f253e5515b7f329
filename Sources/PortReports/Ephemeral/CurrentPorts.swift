import PortHistory
import PortModel

/// The ports of one namespace at the last sample of a period.
protocol CurrentPorts {
    /// The number of the namespace.
    var number: Int { get }
    /// Its name.
    var name: String { get }
    /// The range in force.
    var range: EphemeralReport.Range { get }
    /// False where free ports are an upper bound.
    var isCertain: Bool { get }
    /// The pools of bind(), of one protocol or both.
    func pools(_ transport: TransportProtocol?) -> [EphemeralReport.Pool]
    /// How far the ports towards a destination are used.
    func use(of destination: PortModel.Destination) -> DestinationUse
    /// Whose some destinations are, and where their use is going.
    func details(of destinations: [PortModel.Destination])
        -> [PortModel.Destination: (owners: OwnerTally, trend: UsageTrend?)]
}

/// What minutes, hours and days still tell of it when the sample is no longer kept: how many ports are used, and nothing of what may be
/// reused or of a trend. Free ports are an upper bound.
struct RolledUpPorts: CurrentPorts {
    let number: Int
    let name: String
    let isCertain = false
    private let limits: PortLimits
    private var capacity = 0
    private var used: [PortModel.Destination: Int] = [:]
    private var pool: [TransportProtocol: Int] = [:]

    /// The namespaces asked for that there were in the period; the recorder's own first.
    static func namespaces(
        _ view: HistoryView, _ sample: Int, _ cover: RollupCover, _ filter: SocketFilter
    ) throws -> [RolledUpPorts] {
        var limits: [Int: PortLimits] = [:]
        for change in try view.limits(in: min(cover.samples.lowerBound, sample)...sample) {
            limits[change.namespace] = change.limits
        }
        var namespaces: [Int: RolledUpPorts] = [:]
        for (number, limits) in limits {
            let name = try view.namespaceName(number)
            if let wanted = filter.namespace, wanted != name { continue }
            namespaces[number] = RolledUpPorts(number: number, name: name, limits: limits)
        }
        for summary in try view.summaries(of: [.destinationUsed, .portsUsed, .portsOpen], in: cover) {
            let subject = summary.subject
            switch subject.kind {
            case .portsOpen: namespaces[subject.namespace]?.capacity = summary.level
            case .portsUsed: namespaces[subject.namespace]?.pool[subject.transport] = summary.level
            default:
                if let destination = subject.destination {
                    namespaces[subject.namespace]?.used[destination] = summary.level
                }
            }
        }
        return namespaces.values.sorted { $0.number < $1.number }
    }

    private init(number: Int, name: String, limits: PortLimits) {
        self.number = number
        self.name = name
        self.limits = limits
    }

    var range: EphemeralReport.Range { EphemeralReport.Range(namespace: name, limits) }

    func pools(_ transport: TransportProtocol?) -> [EphemeralReport.Pool] {
        TransportProtocol.allCases.filter { transport == nil || transport == $0 }.map { transport in
            EphemeralReport.Pool(
                namespace: name, transport, BindPool(capacity: limits.choosable, used: pool[transport] ?? 0))
        }
    }

    func use(of destination: PortModel.Destination) -> DestinationUse {
        let used = min(used[destination] ?? 0, capacity)
        // Half of the ports have the parity that is tried first; which ones are used is not known.
        return DestinationUse(capacity: capacity, used: used, freeOfLowParity: max(0, (capacity + 1) / 2 - used))
    }

    func details(of destinations: [PortModel.Destination])
        -> [PortModel.Destination: (owners: OwnerTally, trend: UsageTrend?)]
    { [:] }
}

extension EphemeralReport.Range {
    /// The range under some limits.
    init(namespace: String, _ limits: PortLimits) {
        self.init(
            namespace: namespace, first: limits.range.first, last: limits.range.last,
            reserved: limits.range.count - limits.choosable, reservedPorts: limits.reserved.list,
            size: limits.range.count, twReuse: limits.timeWaitReuse, assumed: limits.assumed)
    }
}

extension EphemeralReport.Pool {
    /// The pool of a namespace and a protocol.
    init(namespace: String, _ transport: TransportProtocol, _ pool: BindPool) {
        self.init(
            namespace: namespace, transport: transport, capacity: pool.capacity, used: pool.used, free: pool.free,
            utilization: pool.utilization)
    }
}
