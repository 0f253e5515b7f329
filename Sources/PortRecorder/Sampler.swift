import Logging
import PortHistory
import PortModel
import ProcFS
import SockDiag

/// Takes samples: reads the socket tables, compares, attributes, appends.
///
/// Not for several threads: a recorder has one.
public final class Sampler {
    private let proc: ProcFS
    private let clock: HostClock
    /// How often ``sample(missed:)`` is called; written into every sample.
    var interval: Duration {
        didSet { namespaces?.interval = interval }
    }
    private let alerts: AlertKeeper?
    private let history: HistoryWriter
    private let logger: Logger
    private var reading = SocketReading()
    private var namespaces: NetworkNamespaces?
    private var bound: BoundSockets?
    private let source: SocketSource
    private var attributor: SocketAttributor
    private var cpuBefore: Double
    private var counters = ProcNetstat()
    private var lastBound = BoundSockets.Own()
    private var namedTroubles: Set<String> = []

    /// A sampler that appends to an open history.
    ///
    /// - Parameters:
    ///   - proc: where the kernel's files are.
    ///   - interval: how often ``sample(missed:)`` is called; written into every sample.
    ///   - namespaces: which network namespaces are read.
    ///   - source: where sockets are read from; ``SocketSource/auto`` says in the log where there is no sock_diag.
    public convenience init(
        _ history: HistoryWriter, proc: ProcFS, clock: HostClock, interval: Duration,
        namespaces: RecordedNamespaces = .own, source: SocketSource = .proc, logger: Logger
    ) {
        self.init(
            history, proc: proc, clock: clock, interval: interval, namespaces: namespaces, source: source, alerts: nil,
            logger: logger)
    }

    /// A sampler that has alerts look at its samples.
    init(
        _ history: HistoryWriter, proc: ProcFS, clock: HostClock, interval: Duration, namespaces: RecordedNamespaces,
        source: SocketSource, alerts: AlertKeeper?, logger: Logger
    ) {
        self.history = history
        self.proc = proc
        self.clock = clock
        self.interval = interval
        self.logger = logger
        self.source = source
        bound = source.boundSockets(proc, logger)
        self.alerts = alerts
        attributor = SocketAttributor(proc)
        if namespaces == .all {
            self.namespaces = NetworkNamespaces(
                proc, named: NamedNamespaces(), limits: .entering(proc), bound: bound, interval: interval)
        }
        cpuBefore = 0
    }

    /// Takes one sample.
    ///
    /// - Parameter missed: how many ticks since the last sample left none.
    /// - Throws: Why nothing was appended; the next sample goes on as if this one had not been taken.
    public func sample(missed: Int) throws(HistoryError) -> SampleRecord {
        try history.makeRoom()
        var sample = SampleRecord(takenAt: clock.wall(), bootClock: clock.boot(), missed: missed)
        sample.intervalMilliseconds = Int(interval / .milliseconds(1))
        let start = ContinuousClock.now
        let boundRows = try readBound()
        proc.readSockets(into: &reading)
        reading.add(BoundSockets.missing(boundRows, in: reading.rows))
        let host = Snapshot(rows: reading.rows, limits: proc.limits().limits)
        noteCounters(in: &sample)
        noteTroubles(in: &sample)
        // Rows that were not read are not sockets that are gone: no sample is better than a wrong one.
        if let failure = reading.failures.first {
            throw .inputOutput(path: failure.file, reason: failure.error.description)
        }

        let snapshots = [host] + readOthers(host.limits, &sample)
        var changes = try history.compare(snapshots, bootClock: sample.bootClock)
        let wallOfBoot = sample.takenAt - sample.bootClock
        sample.permissionDenied = attributor.attribute(&changes, snapshots, history, bootedAt: wallOfBoot)
        let written = try history.append(sample, snapshots, changes) { sample in
            let cpu = clock.cpu()
            sample.cpuMilliseconds = cpu - cpuBefore
            sample.durationMilliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            cpuBefore = cpu
        }
        attributor.settled()
        alerts?.look(at: written, snapshots, fullQueues: lastBound.fullQueues)
        namespaces?.doubt(attributor.doubtedNamespaces(snapshots))
        return written
    }

    /// What sock_diag tells of that /proc does not. Where it is not to be had, it is asked no more; where it fails for once, what it told
    /// last stands.
    private func readBound() throws(HistoryError) -> [SocketRow] {
        guard let bound else { return [] }
        do throws(SockDiagError) {
            lastBound = try bound.own()
            return lastBound.rows
        } catch .failed where source == .auto {
            // That a queue was full once does not make it full twice.
            lastBound.fullQueues = []
            return lastBound.rows
        } catch {
            if source == .sockDiag { throw .inputOutput(path: "sock_diag", reason: "sock_diag: \(error)") }
            SocketSource.logUnavailable("\(error)", logger)
            (self.bound, lastBound) = (nil, .init())
            return []
        }
    }

    /// The other namespaces, and what could not be read of them.
    private func readOthers(_ own: PortLimits, _ sample: inout SampleRecord) -> [Snapshot] {
        let others = namespaces?.read(
            own: own, isLiving: { history.hasLivingNamespace($0) }, number: { history.namespaceNumber($0) })
        guard let others else { return [] }
        sample.malformed += others.malformed
        name(others.failures)
        if others.unnumbered > 0, namedTroubles.insert("namespaces!").inserted {
            logger.error(
                "network namespaces are not recorded: the history knows 32767 names, and has room for no more before some of them are no longer kept",
                metadata: ["namespaces": "\(others.unnumbered)"])
        }
        if others.unentered > 0, namedTroubles.insert("bound!").inserted {
            logger.notice(
                "bound sockets of other network namespaces are not recorded: entering them takes CAP_SYS_ADMIN",
                metadata: ["namespaces": "\(others.unentered)"])
        }
        return others.snapshots
    }

    private func noteCounters(in sample: inout SampleRecord) {
        // What cannot be read for once stands as it stood: a counter that went back to 0 would count anew.
        do throws(ProcError) { counters = try proc.netstat() } catch { sample.areCountersKnown = false }
        sample.listenOverflows = Int64(clamping: counters.listenOverflows ?? 0)
        sample.listenDrops = Int64(clamping: counters.listenDrops ?? 0)
        sample.timeWaitOverflow = Int64(clamping: counters.timeWaitOverflow ?? 0)
    }

    /// Counts what could not be read, and names each kind of it once in the log.
    private func noteTroubles(in sample: inout SampleRecord) {
        sample.malformed = reading.malformed
        for row in reading.firstMalformed where namedTroubles.insert(row.file).inserted {
            logger.warning(
                "a row of a socket table could not be read and was skipped; more of them are counted in `portlog status`",
                metadata: [
                    "file": "\(row.file)", "line": "\(row.line)", "field": "\(row.field)", "text": "\(row.text)",
                ])
        }
        name(reading.failures)
    }

    private func name(_ failures: [ProcFailure]) {
        for failure in failures where namedTroubles.count < 1000 && namedTroubles.insert(failure.file + "!").inserted {
            logger.error(
                "a socket table could not be read", metadata: ["file": "\(failure.file)", "error": "\(failure.error)"])
        }
    }
}
