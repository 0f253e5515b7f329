import PortAlerts
import PortHistory
import PortModel

/// A host in simulated time, whose samples the engine looks at, and a history of alerts that survives a restart of it.
final class Simulation {
    /// A destination as it is at the sample at hand.
    struct Ports {
        var open = 0
        /// When each TIME_WAIT began.
        var timeWaits: [Int64] = []
        var used: Int { open + timeWaits.count }
    }

    static let start = Timestamp(milliseconds: 1_795_343_400_000)
    static let owner = PortOwner(
        pid: 77, startTicks: 7700, startedAt: start - 1_000_000, command: "shop", executable: "/usr/bin/shop",
        uid: 33, unit: "shop.service")

    let capacity: Int
    let interval: Int64
    var clock: Int64 = 1_000_000
    var events: [AlertEvent] = []
    /// What the history has.
    var written: [Int: Alert] = [:]
    var configuration: AlertConfiguration
    var owners: [Int: PortOwner] = [7: Simulation.owner]
    var listeners: [SampleFigures.Listening.Listener] = []
    /// The connections that stand on ports of listeners that have gone.
    var strays: [SampleFigures.Stray] = []
    /// How many ports towards any destination each holder has.
    var holders = [7: 1]
    /// How often that was asked.
    private(set) var questions = 0
    /// Changes the figures of the next samples.
    var adjust: (inout SampleFigures) -> Void = { _ in }
    private var engine: AlertEngine
    private var ports: [Destination: Ports] = [:]
    /// What the history has of permissions.
    private var permissionDenied: [Int] = []
    private var isFirst = true

    init(capacity: Int = 1000, every interval: Int64 = 1000, _ configuration: AlertConfiguration = .init()) {
        self.capacity = capacity
        self.interval = interval
        self.configuration = configuration
        engine = AlertEngine(configuration, known: [], at: Moment(wall: Self.start + 1_000_000, boot: 1_000_000))
    }

    var now: Moment { Moment(wall: Self.start + clock, boot: clock) }
    /// How many alerts have not begun because too many lasted.
    var suppressed: Int { engine.suppressed }
    var alerts: [Alert] { written.values.sorted { $0.id < $1.id } }

    /// Stops the recorder, and starts it after a while.
    func restart(after pause: Int64 = 30_000) {
        clock += pause
        let known = written.values.filter { $0.resolvedAt.map { $0 >= now.wall - configuration.reopenWithin } ?? true }
        engine = AlertEngine(configuration, known: Array(known), permissionDenied: permissionDenied, at: now)
        isFirst = true
    }

    func set(_ configuration: AlertConfiguration) {
        self.configuration = configuration
        engine.configuration = configuration
    }

    static func destination(_ number: Int) -> Destination {
        Destination(
            local: IPAddress(ipv4: 0x0a00_0001), remote: IPAddress(ipv4: 0x0a00_0100 + UInt32(number)), remotePort: 5432
        )
    }

    static func subject(_ number: Int) -> AlertSubject { AlertSubject(destination(number), in: "host") }

    /// Takes a sample of destinations; connections that enter TIME_WAIT stay there for a minute.
    func sample(_ change: (inout [Destination: Ports]) -> Void = { _ in }) {
        clock += interval
        let before = ports
        change(&ports)
        for destination in ports.keys { ports[destination]?.timeWaits.removeAll { $0 <= clock - 60_000 } }
        var record = SampleRecord(takenAt: now.wall, bootClock: clock, bootID: "boot")
        record.number = Int(clock / interval)
        let pool = BindPool(capacity: capacity, used: 0)
        var figures = SampleFigures(
            sample: record,
            namespaces: [
                .init(
                    number: 0, name: "host", limits: PortLimits(), capacity: capacity, tcpPool: pool, udpPool: pool,
                    timeWaits: ports.values.reduce(0) { $0 + $1.timeWaits.count })
            ])
        figures.isComplete = isFirst
        for (destination, ports) in ports {
            let old = before[destination] ?? Ports()
            let entered = ports.timeWaits.count { $0 > clock - interval }
            if !isFirst, old.used == ports.used, entered == 0 { continue }
            let used = min(capacity, ports.used)
            figures.destinations.append(
                .init(
                    namespace: 0, destination: destination,
                    use: DestinationUse(
                        capacity: capacity, used: used, usedByTimeWait: min(used, ports.timeWaits.count),
                        freeOfLowParity: max(0, capacity / 2 - used)),
                    usedBefore: old.used, entered: entered))
        }
        isFirst = false
        adjust(&figures)
        permissionDenied = permissionDenied.suffix(Int(3_600_000 / interval) - 1) + [figures.sample.permissionDenied]
        look(at: figures)
    }

    /// Open connections towards the first destination.
    func open(_ count: Int) { sample { $0[Self.destination(1), default: Ports()].open = count } }

    /// Connections towards the first destination that are opened and closed at once, so many between two samples.
    func churn(_ count: Int) {
        sample { ports in
            for index in 0..<count {
                ports[Self.destination(1), default: Ports()].timeWaits
                    .append(self.clock - self.interval + Int64(index + 1) * self.interval / Int64(count))
            }
        }
    }

    private func look(at figures: SampleFigures) {
        engine.evaluate(figures, self)
        settle()
    }

    func lose(_ loss: RecorderLoss) {
        clock += interval
        engine.evaluate(loss, at: now)
        settle()
    }

    private func settle() {
        events += engine.settle(at: now) { alerts in
            for index in alerts.indices {
                if alerts[index].id == 0 { alerts[index].id = written.count + 1 }
                written[alerts[index].id] = alerts[index]
            }
            return true
        }
    }
}

extension Simulation: AlertWitness {
    func ownership(of holder: Int) -> Ownership {
        owners[holder].map { Ownership(owners: [$0], attribution: .observed) } ?? .unknown
    }

    func holders(namespace: Int, towards destination: Destination) -> [Int: Int] {
        questions += 1
        return holders
    }

    func listeners(namespace: Int, _ transport: TransportProtocol, on port: UInt16) -> [SampleFigures.Listening
        .Listener]
    { listeners }

    func outgoing(namespace: Int, on port: UInt16) -> [SampleFigures.Stray] {
        strays.filter { $0.namespace == namespace && $0.row.local.port == port }
    }

    func isOpen(_ row: SocketRow, namespace: Int) -> Bool {
        strays.contains { $0.namespace == namespace && $0.row == row }
    }
}
