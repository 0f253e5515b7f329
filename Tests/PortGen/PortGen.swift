import ArgumentParser
import Foundation
import PortHistory
import PortModel

/// Writes a long history of a host that never was, for the tests and the benchmarks. Not part of the product.
@main
struct PortGen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portgen",
        abstract: "Writes a realistic history of a simulated host.",
        discussion: """
            The same options give the same history. Progress goes to standard error; the last line, on standard \
            output, is JSON: samples, intervals, bytes, seconds.
            """)

    @Option(help: "The file to make.")
    var database: String

    @Option(help: "How many days to record; may be a fraction.")
    var days = 30.0

    @Option(help: "From one sample to the next: 500ms, 10s, 1m.", transform: PortGen.milliseconds)
    var interval: Int64 = 10_000

    @Option(help: "Everything that is random follows from it.")
    var seed: UInt64 = 1

    @Option(help: "Multiplies how often connections are made.")
    var scale = 1.0

    @Option(help: "When the first sample is taken, as in 2026-10-01T00:00:00Z.", transform: PortGen.time)
    var start = Plan().start

    @Option(help: "The host's name.")
    var host = Plan().host

    @Option(help: "How many addresses the public service's clients come from.")
    var clients = Plan().publicClients

    @Option(help: "How many clients keep a connection for hours, besides those that come and go.")
    var standing = Plan().standingClients

    @Option(help: "A folder for what `ss -tan` would have printed at each sample, one file each.")
    var ssFolder: String?

    @Option(
        help:
            "For how many days every sample is kept, minutes 90 days and hours 2 years, as a recorder would; else everything."
    )
    var keepDays: Double?

    @Option(help: "The most bytes that the history may take.")
    var budget: Int64?

    func validate() throws {
        if days <= 0 || interval <= 0 || days * 86_400_000 < Double(interval) {
            throw ValidationError("there must be time for one sample")
        }
        if scale < 0 || clients < 1 { throw ValidationError("--scale is not negative and --clients at least 1") }
        if FileManager.default.fileExists(atPath: database) { throw ValidationError("\(database) is there already") }
    }

    func run() throws {
        var plan = Plan()
        plan.duration = Int64(days * 86_400_000)
        plan.interval = interval
        plan.seed = seed
        plan.scale = scale
        plan.start = start
        plan.host = host
        plan.publicClients = clients
        plan.standingClients = standing
        if let keepDays {
            plan.retention = .standard
            plan.retention.samples = Int64(keepDays * 86_400_000)
        }
        plan.retention.budget = budget
        let listing = ssFolder.map(SocketListing.init)
        let generator = HistoryGenerator(plan: plan, database: database)
        let summary = try generator.run(
            onDay: { day in
                let text =
                    "day \(day.number): \(day.samples) samples, \(day.intervals) intervals, \(day.sockets) sockets, "
                    + "\(Int(day.microseconds)) µs a sample (CPU \(Int(day.cpuMicroseconds)) µs)\n"
                FileHandle.standardError.write(Data(text.utf8))
            }, onSample: { try listing?.write($0, $1) })
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(summary), as: UTF8.self))
    }

    private static func milliseconds(_ text: String) throws -> Int64 {
        let units: [(String, Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let number = Double(text.dropLast(unit.count)), number.isFinite, number < 1e9 {
                return Int64(number * factor)
            }
        }
        throw ValidationError("a duration is a number with its unit, such as 500ms, 10s or 1m")
    }

    private static func time(_ text: String) throws -> Timestamp {
        guard let date = try? Date(text, strategy: .iso8601) else {
            throw ValidationError("a time is written as in 2026-10-01T00:00:00Z")
        }
        return Timestamp(seconds: date.timeIntervalSince1970)
    }
}
