import ArgumentParser
import Foundation
import Logging
import PortHistory
import PortRecorder
import ServiceLifecycle
import Synchronization

extension RecordedNamespaces: ExpressibleByArgument {}
extension SocketSource: ExpressibleByArgument {}

/// `portlog record`: the sampler in the foreground. It is what the systemd unit runs.
struct RecordCommand: PortlogCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Records this host's sockets into the database, until it is stopped.",
        discussion: """
            Every interval the sockets of the host are read and what has changed is written, one transaction a sample. SIGTERM \
            and SIGINT let the sample at hand complete. Without root, processes of other users cannot be looked into: their \
            sockets are recorded without an owner, and their network namespaces not at all.
            """)

    @OptionGroup var database: DatabaseOption

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("How often to sample, from 100ms. Default: 10s.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var interval = DurationExpression(milliseconds: 10_000)

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Stop after this many samples. Default: never.", valueName: "n"))
    var samples: Int?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "The most that the database may take, its write-ahead log included; from 1MiB. Default: 1GiB.",
            valueName: "size"),
        transform: SizeExpression.init(parsing:))
    var budget = SizeExpression(bytes: 1 << 30)

    @Option(
        name: .customLong("keep-samples"), parsing: .unconditional,
        help: ArgumentHelp(
            "How long every sample is kept, if the budget allows; from 1m. Default: 7d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepSamples = DurationExpression(milliseconds: RetentionPolicy.standard.samples)

    @Option(
        name: .customLong("keep-minutes"), parsing: .unconditional,
        help: ArgumentHelp("How long minutes are kept. Default: 90d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepMinutes = DurationExpression(milliseconds: RetentionPolicy.standard.minutes)

    @Option(
        name: .customLong("keep-hours"), parsing: .unconditional,
        help: ArgumentHelp("How long hours and listeners are kept. Default: 730d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepHours = DurationExpression(milliseconds: RetentionPolicy.standard.hours)

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Which network namespaces are recorded: all that processes live in, or the recorder's own. Default: all.",
            valueName: "all|own"))
    var namespaces = RecordedNamespaces.all

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Where sockets are read from: /proc alone; or sock_diag too, which adds TCP sockets that are bound and do not "
                + "listen (Linux 6.8); auto: where it can be had. Default: proc.",
            valueName: "auto|proc|sock-diag"))
    var source = SocketSource.proc

    @Option(
        name: .customLong("proc"), parsing: .unconditional,
        help: ArgumentHelp("The directory that stands for /proc.", valueName: "path"), completion: .directory)
    var procRoot = "/proc"

    private static let shortestInterval: Int64 = 100
    private static let longestInterval: Int64 = 86_400_000

    mutating func validate() throws {
        guard (Self.shortestInterval...Self.longestInterval).contains(interval.milliseconds) else {
            throw ValidationError("--interval is \(interval); it goes from 100ms to 1d.")
        }
        guard budget.bytes >= RetentionPolicy.leastBudget else {
            throw ValidationError("--budget is \(budget); it is 1MiB or more.")
        }
        guard keepSamples.milliseconds >= RollupLevel.minute.milliseconds else {
            throw ValidationError("--keep-samples is \(keepSamples); it is 1m or more.")
        }
        guard keepMinutes.milliseconds >= keepSamples.milliseconds, keepHours.milliseconds >= keepMinutes.milliseconds
        else {
            throw ValidationError(
                "minutes are kept no shorter than samples, and hours no shorter than minutes: "
                    + "--keep-samples \(keepSamples), --keep-minutes \(keepMinutes), --keep-hours \(keepHours).")
        }
        if let samples, samples < 1 { throw ValidationError("--samples is \(samples); it is 1 or more.") }
    }

    mutating func run(in world: World) async throws {
        try source.check(procRoot: procRoot)
        let path = try database.path(in: world, recording: true)
        if database.database == nil { try makeFolder(of: path) }
        var logger = Logger(label: "portlog") { _ in JournalLogHandler(world: world) }
        logger.logLevel = .info
        let log = logger
        let progress = ProgressLine(world: world, limit: samples)
        let metadata: Logger.Metadata = ["database": "\(path)", "interval": "\(interval)"]
        let hasBegun = Atomic(false)
        let recorder = Recorder(
            Recorder.Configuration(
                database: path, interval: .milliseconds(interval.milliseconds), sampleLimit: samples,
                retention: RetentionPolicy(
                    budget: budget.bytes, samples: keepSamples.milliseconds, minutes: keepMinutes.milliseconds,
                    hours: keepHours.milliseconds),
                namespaces: namespaces, source: source, procRoot: procRoot),
            notifier: SystemdNotifier(environment: world.environment), logger: logger,
            onSample: { sample in
                // Only the first sample in the history proves that the file could be opened and written.
                if !hasBegun.exchange(true, ordering: .relaxed) { log.info("recording", metadata: metadata) }
                progress(sample)
            })
        logger.info("starting", metadata: metadata)

        var quiet = Logger(label: "portlog.lifecycle") { _ in JournalLogHandler(world: world) }
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: recorder, successTerminationBehavior: .gracefullyShutdownGroup)], logger: quiet)
        configuration.gracefulShutdownSignals = [.sigterm, .sigint]
        try await ServiceGroup(configuration: configuration).run()
        if world.terminal.errorIsTerminal { try? world.errors.write("\n") }
        logger.info("stopped", metadata: ["database": "\(path)"])
    }

    /// Makes the folder of a database that the user has not named: nobody has had the occasion to.
    private func makeFolder(of path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    }
}
