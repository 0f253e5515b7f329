import Glibc
import Testing

@testable import portload

/// The product: records a namespace, and answers from the database.
struct Portlog {
    let namespace: NetworkNamespace
    let database: String
    private let disk: SmallDisk?
    /// Whether other namespaces are recorded as well: those of all tests that run now, and the host's.
    var recordsAllNamespaces = false

    /// A recorder of `namespace` with a database of its own.
    ///
    /// - Parameters:
    ///   - disk: where the database is; `nil`: with everything else of the test.
    ///   - file: the name of the database.
    init(
        in namespace: NetworkNamespace, _ scratch: Scratch, on disk: SmallDisk? = nil, file: String = "portlog.db"
    ) {
        self.namespace = namespace
        self.disk = disk
        database = disk?.file(file) ?? scratch.file(file)
    }

    /// Takes samples and ends. The default is a single one.
    ///
    /// - Parameter through: a program that runs the recorder, with its arguments.
    func record(samples: Int = 1, interval: String = "100ms", through: [String] = []) throws {
        let recorder = try start(samples: samples, interval: interval, through: through)
        let result = Command.finish(recorder)
        guard result.status == 0 else { throw HarnessError("portlog record: \(result)") }
    }

    /// Starts a recorder; without `samples` it goes on until it is ended.
    func start(samples: Int? = nil, interval: String = "100ms", options: [String] = [], through: [String] = [])
        throws -> ChildProcess
    {
        let count = samples.map { ["--samples", "\($0)"] } ?? []
        let words = inside(
            through + [
                Binaries.portlog, "record", "--database", database, "--interval", interval, "--namespaces",
                recordsAllNamespaces ? "all" : "own",
            ] + count + options)
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

    /// Waits until `status` is as expected; that status.
    @discardableResult
    func awaitStatus(_ what: String, milliseconds: Int = 60_000, _ isReached: (JSON) throws -> Bool) throws -> JSON {
        let deadline = Clock.now + milliseconds
        while true {
            let status = try ask("status")
            if try isReached(status) { return status }
            guard Clock.now < deadline else { throw HarnessError("not \(what) within \(milliseconds) ms: \(status)") }
            usleep(20_000)
        }
    }

    /// The rows of an export.
    func export(_ table: String, _ words: String...) throws -> [JSON] {
        let words = inside(
            [Binaries.portlog, "export", "--table", table, "-o", "jsonl", "--database", database] + words)
        let result = try Command.run(words[0], Array(words.dropFirst()))
        guard result.status == 0 else { throw HarnessError("portlog export \(table): \(result)") }
        return try result.output.split(separator: "\n").map { try JSON(text: String($0)) }
    }

    /// What is told of the time before a moment and stays so: the samples, and the states that had ended.
    func exports(upTo time: String) throws -> Set<JSON> {
        let samples = try export("samples", "--since", "-1d").filter { $0["taken_at"].string ?? "" <= time }
        // When a socket was last seen is no matter of that time.
        let sockets = try export("sockets", "--since", "-1d").map { $0.without("last_seen") }
        return Set(samples + sockets.filter { $0["to"].string.map { $0 < time } ?? false })
    }

    /// Asks a question.
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
