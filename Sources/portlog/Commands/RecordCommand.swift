import ArgumentParser
import Foundation
import Logging
import PortHistory
import PortModel
import PortRecorder
import ServiceLifecycle
import Synchronization
import UnixSignals

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
            sockets are recorded without an owner, and their network namespaces not at all. What an option does not say, the \
            environment (PORTLOG_...) or the configuration file does; SIGHUP reads that anew.
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var config: ConfigOption

    @Option(
        name: .customLong("set"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Sets any key of the configuration, such as alerts.ephemeral_exhaustion.warning=70. May be repeated.",
            valueName: "key=value"))
    var settings: [String] = []

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("How often to sample, from 100ms. Default: 10s.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var interval: DurationExpression?

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
    var budget: SizeExpression?

    @Option(
        name: .customLong("keep-samples"), parsing: .unconditional,
        help: ArgumentHelp(
            "How long every sample is kept, if the budget allows; from 1m. Default: 7d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepSamples: DurationExpression?

    @Option(
        name: .customLong("keep-minutes"), parsing: .unconditional,
        help: ArgumentHelp("How long minutes are kept. Default: 90d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepMinutes: DurationExpression?

    @Option(
        name: .customLong("keep-hours"), parsing: .unconditional,
        help: ArgumentHelp("How long hours and listeners are kept. Default: 730d.", valueName: "duration"),
        transform: DurationExpression.init(parsing:))
    var keepHours: DurationExpression?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Which network namespaces are recorded: all that processes live in, or the recorder's own. Default: all.",
            valueName: "all|own"))
    var namespaces: RecordedNamespaces?

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "Where sockets are read from: /proc alone; or sock_diag too, which adds TCP sockets that are bound and do not "
                + "listen (Linux 6.8); auto: where it can be had. Default: proc.",
            valueName: "auto|proc|sock-diag"))
    var source: SocketSource?

    @Option(
        name: .customLong("proc"), parsing: .unconditional,
        help: ArgumentHelp("The directory that stands for /proc.", valueName: "path"), completion: .directory)
    var procRoot = "/proc"

    private static let shortestInterval: Int64 = 100
    private static let longestInterval: Int64 = 86_400_000

    mutating func validate() throws {
        let range = Self.shortestInterval...Self.longestInterval
        if let interval, !range.contains(interval.milliseconds) {
            throw ValidationError("--interval is \(interval); it goes from 100ms to 1d.")
        }
        if let budget, budget.bytes < RetentionPolicy.leastBudget {
            throw ValidationError("--budget is \(budget); it is 1MiB or more.")
        }
        if let keepSamples, keepSamples.milliseconds < RollupLevel.minute.milliseconds {
            throw ValidationError("--keep-samples is \(keepSamples); it is 1m or more.")
        }
        if let samples, samples < 1 { throw ValidationError("--samples is \(samples); it is 1 or more.") }
    }

    /// What the options say, by the names of their keys.
    private func flags() throws -> [String: [String]] {
        var flags: [String: [String]] = [:]
        for setting in settings {
            guard let equals = setting.firstIndex(of: "=") else {
                throw ValidationError("--set is '\(setting)'; it is a key, an equals sign and a value.")
            }
            let (name, value) = (String(setting[..<equals]), String(setting[setting.index(after: equals)...]))
            guard let key = ConfigurationKey.named(name) else {
                throw ConfigurationError.unknown("the command line", name, known: [])
            }
            flags[name] = key.isList ? value.split(separator: ",").map(String.init) : [value]
        }
        flags["interval"] = interval.map { ["\($0)"] } ?? flags["interval"]
        flags["budget"] = budget.map { ["\($0)"] } ?? flags["budget"]
        flags["keep.samples"] = keepSamples.map { ["\($0)"] } ?? flags["keep.samples"]
        flags["keep.minutes"] = keepMinutes.map { ["\($0)"] } ?? flags["keep.minutes"]
        flags["keep.hours"] = keepHours.map { ["\($0)"] } ?? flags["keep.hours"]
        flags["namespaces"] = namespaces.map { [$0.rawValue] } ?? flags["namespaces"]
        flags["source"] = source.map { [$0.rawValue] } ?? flags["source"]
        flags["database"] = database.database.map { [$0] } ?? flags["database"]
        return flags
    }

    mutating func run(in world: World) async throws {
        let loader = config.loader(in: world, flags: try flags())
        let told = try loader.load(in: world).configuration
        try told.source.check(procRoot: procRoot)
        let path = try told.database ?? database.path(in: world, recording: true)
        if database.database == nil { try makeFolder(of: path) }
        // Before anything else takes time: whoever sends it early must not end the recorder.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        var logger = Logger(label: "portlog") { _ in JournalLogHandler(world: world) }
        logger.logLevel = .info
        let log = logger
        let progress = ProgressLine(world: world, limit: samples)
        let metadata: Logger.Metadata = ["database": "\(path)", "interval": "\(told.interval)"]
        let hasBegun = Atomic(false)
        let settings = RecorderSettings(told.reloadable)
        let host = AlertMessage.hostName
        // Where standard error is not the journal, alerts are lines of the log.
        let journal = world.terminal.errorIsJournal ? AlertDelivery.journalPath : nil
        let delivery = AlertDelivery(
            DeliverySettings(told.delivery),
            wording: .init(json: { AlertMessage(event: $0, host: host).line }, escape: TextEscape.escaped),
            journal: journal, logger: logger)
        let recorder = Recorder(
            Recorder.Configuration(
                database: path, interval: .milliseconds(told.interval.milliseconds), sampleLimit: samples,
                retention: told.retention, namespaces: told.namespaces, source: told.source, procRoot: procRoot),
            settings: settings, notifier: SystemdNotifier(environment: world.environment), logger: logger,
            onSample: { sample in
                // Only the first sample in the history proves that the file could be opened and written.
                if !hasBegun.exchange(true, ordering: .relaxed) { log.info("recording", metadata: metadata) }
                progress(sample)
            }, onAlert: { delivery.deliver($0) }, deliveries: { delivery.counts })
        let reloader = ConfigurationReloader(
            loader: loader, settings: settings, deliver: { delivery.set(DeliverySettings($0)) }, first: told,
            signals: hangups, world: world,
            logger: logger)
        logger.info("starting", metadata: metadata)

        var quiet = Logger(label: "portlog.lifecycle") { _ in JournalLogHandler(world: world) }
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: recorder, successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: reloader),
            ], logger: quiet)
        configuration.gracefulShutdownSignals = [.sigterm, .sigint]
        try await ServiceGroup(configuration: configuration).run()
        delivery.finish()
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
