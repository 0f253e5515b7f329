import Glibc
import Testing

@testable import portload

/// The product: records a namespace, and answers from the database.
struct Portlog {
    let namespace: NetworkNamespace
    let database: String
    private let disk: SmallDisk?

    /// A recorder of `namespace` with a database of its own.
    ///
    /// - Parameter disk: where the database is; `nil`: with everything else of the test.
    init(in namespace: NetworkNamespace, _ scratch: Scratch, on disk: SmallDisk? = nil) {
        self.namespace = namespace
        self.disk = disk
        database = disk?.file("portlog.db") ?? scratch.file("portlog.db")
    }

    /// Takes samples and ends. The default is a single one.
    func record(samples: Int = 1, interval: String = "100ms") throws {
        let recorder = try start(samples: samples, interval: interval)
        let result = Command.finish(recorder)
        guard result.status == 0 else { throw HarnessError("portlog record: \(result)") }
    }

    /// Starts a recorder; without `samples` it goes on until it is ended.
    func start(samples: Int? = nil, interval: String = "100ms", options: [String] = []) throws -> ChildProcess {
        let count = samples.map { ["--samples", "\($0)"] } ?? []
        let words = inside(
            [Binaries.portlog, "record", "--database", database, "--interval", interval] + count + options)
        let recorder = try namespace.start(words[0], Array(words.dropFirst()))
        recorder.closeInput()
        return recorder
    }

    /// Waits until a recorder has taken `count` samples more than the history holds now.
    func awaitSamples(_ count: Int) throws {
        let goal = (lastSample() ?? 0) + count
        let deadline = Clock.now + 15_000
        while lastSample() ?? 0 < goal {
            guard Clock.now < deadline else { throw HarnessError("no \(count) samples within 15 s") }
            usleep(20_000)
        }
    }

    /// Asks a question about all that was recorded.
    func ask(_ words: String...) throws -> JSON {
        let result = try run(words)
        guard result.status == 0 else { throw HarnessError("portlog \(words): \(result)") }
        return try JSON(text: result.output)
    }

    /// Runs a question whatever comes of it. It needs no namespace: its answer comes from the database.
    func run(_ words: [String]) throws -> Command {
        let words = inside([Binaries.portlog] + words + ["--database", database, "-o", "json"])
        return try Command.run(words[0], Array(words.dropFirst()))
    }

    private func inside(_ words: [String]) -> [String] { disk?.inside(words) ?? words }

    private func lastSample() -> Int? {
        try? ask("status")["last_sample"]["number"].int
    }
}
