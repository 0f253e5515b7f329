import Foundation
import PortAlerts
import PortModel
import TestSupport
import Testing

@testable import portlog

/// The configuration: its precedence, what is refused, and the sample file.
@Suite struct ConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(
        _ text: String, environment: [String: String] = [:], flags: [String: [String]] = [:]
    ) throws -> ConfigurationLoader.Loaded {
        let path = folder.file("portlog.yaml")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try ConfigurationLoader(path: path, environment: environment, flags: flags).load(in: TestWorld().world)
    }

    private func refusal(_ text: String, environment: [String: String] = [:]) -> String {
        do {
            _ = try load(text, environment: environment)
            return "accepted"
        } catch let error as PortlogError {
            return error.status == .usage
                ? error.description.replacingOccurrences(of: folder.file(""), with: "") : "\(error.status)"
        } catch { return "\(error)" }
    }

    @Test("Flags come before the environment, that before the file, that before the defaults")
    func precedence() throws {
        let file = "interval: 1s\nbudget: 2GiB\nkeep:\n  samples: 3d\nalerts:\n  ephemeral_exhaustion: {warning: 70}\n"
        let environment = ["PORTLOG_BUDGET": "3GiB", "PORTLOG_KEEP_SAMPLES": "4d"]
        let loaded = try load(file, environment: environment, flags: ["keep.samples": ["5d"]])
        #expect(loaded.configuration.interval.milliseconds == 1000 && loaded.origins["interval"] == .file)
        #expect(loaded.configuration.budget.bytes == 3 << 30 && loaded.origins["budget"] == .environment)
        #expect("\(loaded.configuration.keepSamples)" == "5d" && loaded.origins["keep.samples"] == .flag)
        #expect("\(loaded.configuration.keepHours)" == "730d" && loaded.origins["keep.hours"] == .standard)
        #expect(loaded.configuration.alerts[.ephemeralExhaustion].warning == 0.7)
        #expect(loaded.configuration.alerts[.ephemeralPool].warning == 0.8)
    }

    @Test(
        "Every key can be set by the environment, and gives back what it was given",
        arguments: ConfigurationKey.all.map(\.name))
    func keys(name: String) throws {
        let key = try #require(ConfigurationKey.named(name))
        let standard = key.value(RecorderConfiguration())
        let given = key.isList ? ["/bin/true", "x"] : standard.isEmpty ? ["/var/x.db"] : standard
        let loaded = try load("", environment: [key.variable: given.joined(separator: ",")].filter { $0.value != "" })
        #expect(key.value(loaded.configuration) == given)
        #expect(name == "deliver.socket" || loaded.origins[name] == .environment)
        if !key.isList, name != "database", name != "deliver.socket" {
            let error = refusal("", environment: [key.variable: "no such thing"])
            #expect(
                error.contains(
                    "the environment variable \(key.variable): \(name) is 'no such thing'; allowed is \(key.allowed)"))
        }
    }

    @Test(
        "What is wrong names the place, the key, the value and what is allowed",
        arguments: [
            ("interval: 1ms", "line 1: interval is '1ms'; allowed is a duration from 100ms to 1d"),
            ("\ninterval: soon", "line 2: interval is 'soon'; allowed is a duration"),
            ("budget: 1KiB", "budget is '1KiB'; allowed is a size from 1MiB up"),
            ("namespaces: some", "namespaces is 'some'; allowed is all or own"),
            ("intervall: 1s", "there is no key intervall. Allowed there: database, interval,"),
            ("keep: {}\nkept: {}", "line 2: there is no key kept"),
            ("alerts:\n  slow_conect: {}", "line 2: there is no key alerts.slow_conect"),
            (
                "alerts:\n  ephemeral_exhaustion:\n    critical: 50",
                "line 3: alerts.ephemeral_exhaustion.critical is 50, less than "
                    + "alerts.ephemeral_exhaustion.warning, which is 80"
            ),
            ("keep:\n  days: 1d", "line 2: there is no key keep.days. Allowed there: samples, minutes, hours"),
            (
                "alerts:\n  ephemeral_exhaustion:\n    warning: 180",
                "alerts.ephemeral_exhaustion.warning is '180'; allowed is a percentage"
            ),
            (
                "alerts:\n  port_stolen:\n    warning: 1",
                "there is no key alerts.port_stolen.warning. Allowed there: enabled"
            ),
            (
                "alerts:\n  ephemeral_pool: {warning: 90, critical: 80}",
                "line 2: alerts.ephemeral_pool.critical is 80, less than"
            ),
            ("keep: {samples: 9d, minutes: 8d}", "minutes are kept no shorter than samples"),
            (
                "deliver: {exec: [bin/x]}",
                "deliver.exec is 'bin/x'; allowed is a list that begins with an absolute path"
            ),
            ("deliver: {exec: /bin/x}", "deliver.exec is '/bin/x'; allowed is a list"),
            ("interval: [1s]", "interval is '1s'; allowed is a duration"),
            ("interval: 1s\ninterval: 2s", "interval"), ("a: b: c", "it is no YAML"), ("- a", "it holds no keys"),
            ("just words", "it holds no keys"),
            (
                "overrides:\n  db: {destination: 10.0.0.5:x, warning: 50}",
                "overrides.db.destination is '10.0.0.5:x'; allowed is an address"
            ),
            (
                "overrides:\n  db: {rule: nothing}",
                "overrides.db.rule is 'nothing'; allowed is ephemeral_exhaustion, slow_connect"
            ),
            ("overrides:\n  db: {warning: 50}", "overrides.db is 'for every alert'; allowed is at least one of rule"),
            (
                "overrides:\n  db: {port: 80, warning: 50}",
                "overrides.db.warning is '50'; allowed is set only together with rule"
            ),
            (
                "overrides:\n  db: {port: 80, forecast: 5m}",
                "overrides.db.forecast is '5m'; allowed is set only together with rule"
            ),
            (
                "overrides:\n  db: {rule: time_wait_limit, forecast: 5m}",
                "overrides.db.forecast is '5m'; allowed is what time_wait_limit has: enabled, warning, critical, hold"
            ),
            (
                "overrides:\n  db: {rule: port_stolen, port: 80, hold: 5m}",
                "overrides.db.hold is '5m'; allowed is what port_stolen has: enabled"
            ),
            (
                "overrides:\n  db: {rule: time_wait_limit, unit: a.service, warning: 50}",
                "overrides.db.unit is 'a.service'; allowed is what alerts of time_wait_limit have: rule, namespace"
            ),
            (
                "overrides:\n  db: {rule: listener_gone, destination: 10.0.0.5, enabled: false}",
                "overrides.db.destination is '10.0.0.5'; allowed is what alerts of listener_gone have: rule,"
            ),
            (
                "silences:\n  n: {rule: recorder, program: x, until: 2026-12-01 06:00:00}",
                "silences.n.program is 'x'; allowed is what alerts of recorder have"
            ),
            (
                "overrides:\n  db: {port: 80}",
                "overrides.db is 'without a setting'; allowed is one with at least one of"
            ),
            (
                "overrides:\n  db: {rule: ephemeral_pool, namespace: a, warning: 96}",
                "overrides.db.warning is '96'; allowed is no more than critical, which is 95"
            ),
            (
                "alerts: {ephemeral_pool: {warning: 70}}\noverrides:\n  db: {rule: ephemeral_pool, critical: 60}",
                "overrides.db.critical is '60'; allowed is no less than the warning, which is 70"
            ),
            ("overrides:\n  db: {port: 80, colour: red}", "there is no key overrides.db.colour"),
            ("overrides: 5", "below overrides stand names"),
            ("silences:\n  night: {rule: slow_connect}", "silences.night is 'without an end'"),
            (
                "silences:\n  night: {rule: slow_connect, until: -2h}",
                "silences.night.until is '-2h'; allowed is a date and time"
            ),
        ])
    func wrong(text: String, message: String) {
        let refusal = refusal(text)
        #expect(refusal.contains(message), "\(refusal)")
    }

    @Test("A file that is not there, or no text, is refused")
    func unreadable() throws {
        #expect(throws: PortlogError.self) {
            try ConfigurationLoader(path: folder.file("none"), environment: [:]).load(in: TestWorld().world)
        }
        let path = folder.file("bytes")
        try Data([0xff, 0xfe, 0x00]).write(to: URL(fileURLWithPath: path))
        #expect(throws: PortlogError.self) {
            try ConfigurationLoader(path: path, environment: [:]).load(in: TestWorld().world)
        }
    }

    @Test("What is no regular file is told so, without waiting for a pipe, and in the system's words")
    func notRegular() throws {
        let pipe = folder.file("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, why) in [
            (pipe, "it is no regular file"), ("/dev/null", "it is no regular file"),
            (folder.path, "it cannot be read: Is a directory"),
            (folder.file("none"), "it cannot be read: No such file or directory"),
        ] {
            let error = #expect(throws: PortlogError.self) {
                try ConfigurationLoader(path: path, environment: [:]).load(in: TestWorld().world)
            }
            #expect(error?.what == "cannot use \(path)" && error?.why == why)
        }
    }

    @Test("A group without a value says nothing, however YAML writes that", arguments: ["", "~", "null", "Null", "{}"])
    func nothing(word: String) throws {
        for group in ["alerts", "keep", "deliver", "overrides", "silences"] {
            #expect(refusal("\(group): \(word)\ninterval: 10s") == "accepted", "\(group)")
        }
        #expect(try load("deliver: {exec: \(word == "{}" ? "[]" : word)}").configuration.delivery.exec == [])
        #expect(refusal("kept: \(word)").contains("there is no key kept"))
        #expect(refusal("alerts: '~'").contains("there is no key alerts"))
    }

    @Test("Overrides and silences are read by name")
    func names() throws {
        let text = """
            overrides:
              payments.db:
                destination: 10.0.0.5:5432
                rule: ephemeral_exhaustion
                warning: 60%
                hold: 5s
              batch: {unit: batch.service, enabled: false}
            silences:
              migration: {rule: time_wait_limit, namespace: host, until: '2026-12-01T06:00:00Z'}
            """
        let alerts = try load(text).configuration.alerts
        #expect(alerts.overrides.map(\.name) == ["payments.db", "batch"])
        #expect(alerts.overrides[0].warning == 0.6 && alerts.overrides[0].hold == 5000)
        #expect(alerts.overrides[0].match.destination == Endpoint(try #require(IPAddress("10.0.0.5")), 5432))
        #expect(alerts.overrides[1].isEnabled == false && alerts.overrides[1].match.unit == "batch.service")
        #expect(alerts.silences.first?.until.rfc3339 == "2026-12-01T06:00:00.000Z")
    }

    // MARK: - The commands

    private func run(_ words: String...) async -> (code: Int32, output: String, errors: String) {
        let test = TestWorld()
        let code = await CommandRunner(root: Portlog.self, world: test.world).run(words)
        return (code, test.output.text, test.errors.text)
    }

    @Test("config check says what is wrong with 64, config show what is in force")
    func commands() async throws {
        let path = folder.file("portlog.yaml")
        try "interval: 2s\nsilences:\n  n: {port: 80, until: 2026-12-01 06:00:00}\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let check = await run("config", "check", "--config", path)
        #expect(check.code == 0 && check.output == "\(path): right, 1 key set, 0 overrides, 1 silence\n")
        let show = await run("config", "show", "--config", path)
        #expect(show.code == 0 && show.output.contains(/\ninterval +2s +file\n/))
        #expect(show.output.contains(/\nalerts.ephemeral_exhaustion.warning +80 +default\n/))
        #expect(show.output.hasSuffix("silences.n  until 2026-12-01T06:00:00.000Z  file\n"))
        try "interval: 1ms".write(toFile: path, atomically: true, encoding: .utf8)
        for words in [["config", "check"], ["config", "show"], ["record", "--database", folder.file("x.db")]] {
            let test = TestWorld()
            let code = await CommandRunner(root: Portlog.self, world: test.world).run(words + ["--config", path])
            #expect(code == 64 && test.errors.text.contains("interval is '1ms'"), "\(words)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("x.db")))
        #expect(await run("record", "--set", "x").code == 64)
        #expect(await run("record", "--set", "x.y=1").errors.contains("there is no key x.y"))
        #expect(await run("config").code == 64)
    }

    @Test("config check does not advise itself")
    func checkAdvice() async {
        let path = folder.file("none.yaml")
        let message = "portlog: cannot use \(path): it cannot be read: No such file or directory."
        #expect(await run("config", "check", "--config", path).errors == message + "\n")
        let advice = " 'portlog config check --config \(path)' tells when it is right."
        #expect(await run("config", "show", "--config", path).errors == message + advice + "\n")
    }

    @Test("A program that cannot be run is a note")
    func missingProgram() async throws {
        let path = folder.file("portlog.yaml")
        try "deliver: {exec: [/opt/hook, x]}\n".write(toFile: path, atomically: true, encoding: .utf8)
        for (files, isExecutable, note) in [
            ([], false, "note: deliver.exec: /opt/hook does not exist: no alert will reach it"),
            (["/opt/hook"], false, "note: deliver.exec: /opt/hook is no program that this user may run: no"),
            (["/opt/hook"], true, ""),
        ] as [(Set<String>, Bool, String)] {
            var test = TestWorld(files: files)
            test.world.isExecutable = { _ in isExecutable }
            let words = ["config", "check", "--config", path]
            #expect(await CommandRunner(root: Portlog.self, world: test.world).run(words) == 0)
            #expect(test.output.text.contains(": right, 1 key set"))
            #expect(note.isEmpty ? test.errors.text.isEmpty : test.errors.text.hasPrefix("portlog: \(note)"))
        }
    }

    // MARK: - The sample file

    private static let sample = Golden.package.appendingPathComponent("etc/portlog.yaml")

    @Test("The sample file has every key with its default, what it is for and what is allowed, and is right")
    func sampleFile() throws {
        let expected = SampleConfiguration.text
        if Golden.isUpdating { try Data(expected.utf8).write(to: Self.sample) }
        let text = String(decoding: try Data(contentsOf: Self.sample), as: UTF8.self)
        #expect(text == expected)
        #expect(try load(text).configuration == RecorderConfiguration())
        // With every key in it, it says the same.
        let all = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line).replacing(/^( *)#(?=[a-z])/) { "\($0.output.1)" }
        }
        let loaded = try load(all.joined(separator: "\n"))
        var configuration = loaded.configuration
        configuration.alerts.overrides = []
        configuration.alerts.silences = []
        configuration.database = nil
        #expect(configuration == RecorderConfiguration())
        #expect(loaded.origins.values.allSatisfy { $0 == .file })
        #expect(loaded.configuration.alerts.overrides.count == 2 && loaded.configuration.alerts.silences.count == 1)
    }
}
