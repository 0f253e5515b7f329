import PortModel
import TestSupport

/// A host whose sockets come and go as events, so that a sample costs what has changed. All times are milliseconds since the
/// simulation's start.
///
/// Its ports follow the kernel's rules: no two sockets on one four-tuple, kernel-chosen ports as `__inet_hash_connect` chooses
/// them, a listener refused where an outgoing connection has its port, 60 s of TIME_WAIT on the side that closes first.
final class SimulatedHost {
    /// A program while it runs.
    struct ProgramState {
        var isRunning = false
        /// The owners of what its workers hold one by one; at least one while it runs.
        var workers: [Int32] = []
        var processes: [PortOwner] = []
        /// The owner of what all of its processes hold.
        var shared: Int32 = 0
    }

    /// A destination's ports.
    struct DestinationState {
        var chooser: EphemeralChooser
        /// Reusable TIME_WAITs by local port.
        var reusable: [UInt16: Int32] = [:]
    }

    let plan: Plan
    let cast: Cast
    let rhythm = DailyRhythm()
    let timeline: Timeline
    var generator: SeededGenerator
    var queue = EventQueue()
    var pool = SocketPool()
    var processes = ProcessTable()
    var now: Int64 = 0
    /// When the host was booted: before the start at first.
    private(set) var bootedAt: Int64 = -5 * 86_400_000
    /// How often it was booted while it was simulated.
    private(set) var reboots = 0
    /// False from a shutdown to the boot.
    private(set) var isUp = true
    private(set) var limits: PortLimits
    /// How many connect() failed for want of a port, and how many bind() because an outgoing connection had the port.
    var failedConnects = 0
    var failedBinds = 0

    var programs: [ProgramState]
    var destinations: [DestinationState]
    /// The listening sockets of each service; empty while it is down.
    var listeners: [[Int32]]
    /// Accepted connections by service, client and the client's port.
    var accepted: [UInt64: Int32] = [:]
    /// TCP sockets that own their port explicitly, with the reserved ports, and those of outgoing connections.
    var explicit = PortCounts()
    var outgoing = PortCounts()
    /// UDP sockets.
    var datagrams = PortCounts()
    /// Inodes whose owners have changed since they were last asked for, while their rows have not.
    private var reowned: Set<UInt64> = []
    /// Where each client address of the neighbours last connected from: they choose ports as this host does.
    var clientPorts: [UInt64: UInt16] = [:]
    var isLeaking = false
    var isBursting = false
    private var inode: UInt64 = 21_000

    init(_ plan: Plan) {
        self.plan = plan
        cast = CastBuilder.build(plan)
        var generator = SeededGenerator(seed: plan.seed)
        timeline = Timeline(plan, cast, rhythm, using: &generator)
        limits = plan.limits
        programs = Array(repeating: ProgramState(), count: cast.programs.count)
        listeners = Array(repeating: [], count: cast.services.count)
        destinations = cast.destinations.map { _ in
            DestinationState(chooser: EphemeralChooser(hash: generator.next()))
        }
        self.generator = generator
        for (index, incident) in timeline.incidents.enumerated() { schedule(.incident, index, at: incident.at) }
        for deploy in timeline.deploys { schedule(.deploy, deploy.program, at: deploy.at) }
        // The host has been up for days: everything runs, and what it does for short has settled before the first sample.
        now = -180_000
        for program in cast.programs.indices { schedule(.start, program, at: now) }
        scheduleArrivals()
        advance(to: 0)
    }

    /// The wall clock.
    var time: Timestamp { plan.start + now }
    /// Milliseconds since the host was booted.
    var uptime: Int64 { now - bootedAt }

    /// Lets everything happen that is due up to a moment.
    func advance(to moment: Int64) {
        while let due = queue.due, due <= moment, let event = queue.removeFirst() {
            now = due
            handle(event)
        }
        now = moment
    }

    /// The sockets as /proc shows them now.
    func rows() -> [SocketRow] {
        pool.setTimers(at: now)
        return pool.rows
    }

    /// Who holds the socket of a row: an index of ``ProcessTable/ownerships``.
    func owner(ofRow row: Int) -> Int32 { pool.owner(ofRow: row) }

    /// The inodes whose owners, but not rows, have changed since the last call.
    func takeReowned() -> Set<UInt64> {
        defer { reowned.removeAll() }
        return reowned
    }

    // MARK: - For the parts

    func schedule(_ kind: EventKind, _ subject: Int, at due: Int64) {
        queue.insert(Event(due: due, subject: Int32(subject), kind: kind))
    }

    /// Schedules what happens to a socket, unless it is gone by then.
    func schedule(_ kind: EventKind, socket: Int32, after delay: Int64) {
        queue.insert(Event(due: now + delay, subject: socket, generation: pool.generation(socket), kind: kind))
    }

    /// Schedules the next arrival of a kind that comes so often in a second on average over the week.
    func scheduleArrival(_ kind: EventKind, _ subject: Int, perSecond: Double) {
        let rate = perSecond * plan.scale * rhythm.peak
        if rate > 0 { schedule(kind, subject, at: now + Int64(generator.exponential(1000 / rate).rounded(.up))) }
    }

    /// Whether an arrival scheduled at the peak's rate takes place at this hour.
    func isBusyEnough() -> Bool { generator.chance(rhythm.factor(at: time) / rhythm.peak) }

    /// A new socket's inode: files, pipes and other sockets have taken some meanwhile.
    func nextInode() -> UInt64 {
        inode += UInt64(1 + generator.below(20))
        return inode
    }

    func noteReowned(_ slot: Int32) { reowned.insert(pool.row(slot).inode) }

    /// A length of time in milliseconds, at least 3.
    func duration(meanSeconds: Double) -> Int64 { Int64(max(3, generator.exponential(meanSeconds * 1000))) }

    private func scheduleArrivals() {
        for (index, stream) in cast.streams.enumerated() {
            scheduleArrival(.connect, index, perSecond: stream.perSecond)
        }
        for (index, service) in cast.services.enumerated() {
            scheduleArrival(.request, index, perSecond: service.perSecond)
        }
        for (index, spec) in cast.datagrams.enumerated() {
            scheduleArrival(.datagram, index, perSecond: spec.perSecond)
        }
        schedule(.cron, cast.cron, at: now + 60_000)
        for (index, program) in cast.programs.enumerated() {
            if case .forked = program.workers { schedule(.recycle, index, at: now + duration(meanSeconds: 7200)) }
        }
    }

    private func handle(_ event: Event) {
        let subject = Int(event.subject)
        switch event.kind {
        case .connect:
            let stream = cast.streams[subject]
            scheduleArrival(.connect, subject, perSecond: stream.perSecond)
            if isUp, isBusyEnough() { connect(subject, lifetime: duration(meanSeconds: stream.lifetime)) }
        case .pool: openStanding(subject)
        case .request:
            scheduleArrival(.request, subject, perSecond: cast.services[subject].perSecond)
            if isUp, isBusyEnough() { request(subject) }
        case .datagram:
            scheduleArrival(.datagram, subject, perSecond: cast.datagrams[subject].perSecond)
            if isUp, isBusyEnough() { sendDatagram(subject) }
        case .close, .finish, .expire, .reusable, .accept:
            if pool.isCurrent(event.subject, event.generation) { handle(event.kind, of: event.subject) }
        case .deploy: if isUp { deploy(subject) }
        case .start: if isUp { start(subject) }
        case .recycle:
            schedule(.recycle, subject, at: now + duration(meanSeconds: 7200))
            if isUp { recycleWorker(of: subject) }
        case .cron:
            schedule(.cron, subject, at: now + 300_000)
            if isUp { runOnce(subject) }
        case .leak: leak()
        case .burst: burst()
        case .incident: handle(timeline.incidents[subject].what)
        }
    }

    private func handle(_ kind: EventKind, of socket: Int32) {
        switch kind {
        case .close: close(socket)
        case .finish: finish(socket)
        case .expire: release(socket)
        case .reusable: letReuse(socket)
        default: leaveQueue(socket)
        }
    }

    // MARK: - The host as a whole

    func shutDown() {
        isUp = false
        for slot in pool.slots(where: { _ in true }) { release(slot) }
        for program in programs.indices { programs[program] = ProgramState() }
        queue.removeAll { event in
            switch event.kind {
            case .start, .pool, .close, .finish, .expire, .reusable, .accept: true
            default: false
            }
        }
    }

    func boot() {
        isUp = true
        reboots += 1
        bootedAt = now
        inode = 19_000
        processes.reboot()
        for program in programs.indices { schedule(.start, program, at: now + 2000 + Int64(generator.below(18_000))) }
    }

    /// The range gets a new low end, and the stolen port is reserved.
    func changeLimits() {
        let range = limits.range
        limits.range = PortRange(first: range.first / 2 & ~1, last: range.last)
        limits.reserved.insert(cast.services[cast.stolen].port)
        explicit.exclude(limits.reserved)
    }
}
