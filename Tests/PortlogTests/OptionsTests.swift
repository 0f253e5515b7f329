import ArgumentParser
import PortModel
import PortReports
import Testing

@testable import portlog

@Suite struct DatabaseOptionTests {
    @Test("The database is the option's, the environment's, the system's where it exists, else the user's")
    func order() throws {
        let all = ["PORTLOG_DATABASE": "/env.db", "XDG_STATE_HOME": "/state", "HOME": "/home/u"]
        let system: Set = [DatabaseOption.systemPath]
        func path(
            _ arguments: [String], _ environment: [String: String], files: Set<String> = [], uid: UInt32 = 1000,
            recording: Bool = false
        ) throws -> String {
            let world = TestWorld(environment: environment, uid: uid, files: files).world
            return try DatabaseOption.parse(arguments).path(in: world, recording: recording)
        }
        #expect(try path(["--database", "/a.db"], all, files: system) == "/a.db")
        #expect(try path(["--database", "-a.db"], all) == "-a.db")
        #expect(try path([], all, files: system) == "/env.db")
        var environment = all
        environment["PORTLOG_DATABASE"] = ""
        #expect(try path([], environment, files: system) == "/var/lib/portlog/portlog.db")
        #expect(try path([], environment) == "/state/portlog/portlog.db")
        #expect(try path([], environment, uid: 0) == "/state/portlog/portlog.db")
        #expect(try path([], environment, uid: 0, recording: true) == "/var/lib/portlog/portlog.db")
        #expect(try path([], environment, uid: 1000, recording: true) == "/state/portlog/portlog.db")
        environment["XDG_STATE_HOME"] = "relative"
        #expect(try path([], environment) == "/home/u/.local/state/portlog/portlog.db")
        environment["HOME"] = "/"
        #expect(try path([], environment) == "/.local/state/portlog/portlog.db")
        #expect(throws: PortlogError.self) { try path([], [:]) }
        #expect(throws: (any Error).self) { try path(["--database", ""], all) }
    }
}

extension DatabaseOptionTests {
    @Test("Where the system's is out of sight, a question is about it unless the user has one; recording never is")
    func outOfSight() throws {
        let own = "/home/u/.local/state/portlog/portlog.db"
        func path(files: Set<String> = [], recording: Bool = false) throws -> String {
            var world = TestWorld(environment: ["HOME": "/home/u"], files: files).world
            world.isOutOfSight = { $0 == DatabaseOption.systemPath }
            return try DatabaseOption.parse([]).path(in: world, recording: recording)
        }
        #expect(try path() == DatabaseOption.systemPath)
        #expect(try path(files: [own]) == own)
        #expect(try path(recording: true) == own)
    }
}

@Suite struct PeriodOptionsTests {
    private func period(_ arguments: String...) throws -> PeriodQuery {
        try PeriodOptions.parse(arguments).period(in: TestWorld().world)
    }

    @Test("An end that was not given is left to the history")
    func ends() throws {
        let hour: Int64 = 3_600_000
        #expect(try period() == PeriodQuery())
        #expect(try period("--since", "-2h") == PeriodQuery(since: TestWorld.now - 2 * hour))
        #expect(try period("--until=-2h") == PeriodQuery(until: TestWorld.now - 2 * hour))
        #expect(try period("--at", "-2h") == period("--until", "-2h"))
        #expect(
            try period("--since", "2h ago", "--until", "@1795340000")
                == PeriodQuery(since: TestWorld.now - 2 * hour, until: Timestamp(milliseconds: 1_795_340_000_000)))
        #expect(try period("--since", "now", "--until", "now").since == TestWorld.now)
    }

    @Test("Contradictions are wrong usage")
    func contradictions() {
        #expect(throws: (any Error).self) { try period("--at", "now", "--since", "-1h") }
        #expect(throws: (any Error).self) { try period("--at", "now", "--until", "-1h") }
        let error = #expect(throws: PortlogError.self) { try period("--since", "now", "--until", "-1h") }
        #expect(error?.status == .usage)
    }
}

@Suite struct QuestionOptionsTests {
    @Test("The limit is 1000, what was given, or none for 0")
    func limits() throws {
        #expect(try QuestionOptions.parse([]).limit() == 1000)
        #expect(try QuestionOptions.parse([]).limit(default: 0) == 0)
        #expect(try QuestionOptions.parse(["--limit", "0"]).limit() == 0)
        #expect(try QuestionOptions.parse(["--limit", "5"]).limit(default: 0) == 5)
        for refused in ["-1", "x", "", "1.5", "99999999999999999999"] {
            #expect(throws: (any Error).self, "\(refused)") { try QuestionOptions.parse(["--limit", refused]) }
        }
    }

    @Test("A question can be about one protocol and one namespace")
    func filter() throws {
        let options = try QuestionOptions.parse(["--protocol", "udp", "--namespace", "-web", "-o", "json"])
        #expect(options.filter.transport == .udp)
        #expect(options.filter.namespace == "-web")
        #expect(options.answer.output == .json)
        #expect(throws: (any Error).self) { try QuestionOptions.parse(["--protocol", "sctp"]) }
    }

    @Test("Tables are coloured on a terminal, unless somebody does not want it")
    func color() {
        func isOn(_ mode: ColorMode, _ environment: [String: String] = [:], terminal: Bool = true) -> Bool {
            mode.isOn(in: TestWorld(environment: environment, terminal: Terminal(outputIsTerminal: terminal)).world)
        }
        #expect(isOn(.auto))
        #expect(!isOn(.auto, terminal: false))
        #expect(!isOn(.auto, ["NO_COLOR": "1"]))
        #expect(isOn(.auto, ["NO_COLOR": ""]))
        #expect(!isOn(.auto, ["TERM": "dumb"]))
        #expect(isOn(.always, ["NO_COLOR": "1"], terminal: false))
        #expect(!isOn(.never))
    }
}
