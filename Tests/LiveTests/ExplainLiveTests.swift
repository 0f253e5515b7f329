import Foundation
import Testing

@testable import portload

extension LiveTests {
    /// `explain` and `doctor`, on real sockets: what they say, and then what the kernel does.
    @Suite struct ExplainLiveTests {
        private let scratch: Scratch
        private let namespace: NetworkNamespace
        private let portlog: Portlog
        private let web: Agent
        private let shop: Agent

        init() throws {
            scratch = try Scratch()
            namespace = try NetworkNamespace(range: 40000...40009, sysctls: ["tcp_tw_reuse": "0"])
            portlog = Portlog(in: namespace, scratch)
            web = try Agent(in: namespace, program: scratch.program(named: "web"))
            shop = try Agent(in: namespace, program: scratch.program(named: "shop"))
        }

        /// Explains the present, inside the namespace; the document, and how the command ended.
        private func explain(_ words: String...) throws -> (JSON, Int32) {
            let arguments = [Binaries.portlog, "explain"] + words + ["--database", portlog.database, "-o", "json"]
            let process = try namespace.start(arguments[0], Array(arguments.dropFirst()))
            let result = Command.finish(process)
            return (try JSON(text: result.output), result.status)
        }

        /// The classic incident: a listener stops, an outgoing connection takes its port, the restart fails.
        @Test func theThiefOfAPortIsNamedAtThatSecondAndLater() throws {
            try web.serve("127.0.0.1", 40004)
            try shop.serve("127.0.0.1", 8080)
            try portlog.record()
            try web(.init(command: .close, name: "server"))
            try #require(try shop.connect("127.0.0.1", 8080, count: 10, as: "thieves").contains(40004))
            let failure = try web.ask(.init(command: .listen, name: "again", address: "127.0.0.1", port: 40004))
            #expect(failure.errno == "EADDRINUSE")
            try portlog.record()
            let moment = try #require(try portlog.ask("status")["last_sample"]["taken_at"].string)

            let (now, status) = try explain("bind", "tcp", "127.0.0.1:40004", "--reuse-address")
            for (report, code) in [(now, status), try past("bind", "tcp", "127.0.0.1:40004", "--at", moment)] {
                #expect(code == 1 || code == 2)
                let blocker = report["blockers"].array.first
                #expect(blocker?["owners"].array.first?["pid"].int == Int(shop.pid))
                #expect(blocker?["local_port"].int == 40004)
                #expect(report["explanation"].string?.contains("shop (pid \(shop.pid)") == true)
                let line = "net.ipv4.ip_local_reserved_ports=40004"
                #expect(report["remedies"].array.contains { $0.string?.contains(line) == true })
            }
            let (plain, code) = try explain("bind", "tcp", "127.0.0.1:40004")
            #expect(
                code == 1 && plain["errno"].string == "EADDRINUSE" && plain["blockers"].array[0]["certain"].bool == true
            )

            let thefts = try portlog.ask("conflicts")["conflicts"].array.filter { $0["kind"].string == "port_stolen" }
            #expect(thefts.contains { $0["port"].int == 40004 })
            // Later, when everything has gone, the history still knows.
            shop.end()
            try portlog.record(samples: 3)
            let (later, _) = try past("bind", "tcp", "127.0.0.1:40004", "--at", moment)
            #expect(later["blockers"].array.first?["owners"].array.first?["pid"].int == Int(shop.pid))
        }

        private func past(_ words: String...) throws -> (JSON, Int32) {
            let result = try portlog.run(["explain"] + words)
            return (try JSON(text: result.output), result.status)
        }

        @Test func timeWaitBlocksARestartUntilBothSidesReuse() throws {
            try web.serve("127.0.0.1", 8080)
            try shop.connect("127.0.0.1", 8080, count: 2, as: "c")
            try web(.init(command: .closeAccepted, count: 2, listener: "server"))
            try shop(.init(command: .close, name: "c"))
            try portlog.record()
            try web(.init(command: .close, name: "server"))
            let (report, code) = try explain("bind", "tcp", "0.0.0.0:8080")
            #expect(code == 1)
            #expect(report["blockers"].array.count == 2)
            for blocker in report["blockers"].array {
                #expect(blocker["state"].string == "time_wait")
                // Only history knows whose it was.
                #expect(blocker["owners"].array.first?["pid"].int == Int(web.pid))
                #expect(blocker["remaining_seconds"].double.map { $0 > 50 && $0 <= 60 } == true)
            }
            #expect(report["remedies"].array.contains { $0.string?.hasPrefix("Wait ") == true })
            #expect(try web.ask(.init(command: .bind, name: "b", address: "0.0.0.0", port: 8080)).errno == "EADDRINUSE")
            let (open, two) = try explain("bind", "tcp", "0.0.0.0:8080", "--reuse-address")
            #expect(two == 2 && open["verdict"].string == "depends")
        }

        /// What the kernel does: an orphan whose peer closes begins its TIME_WAIT then.
        @Test func anOrphanMayStayForAMinuteAfterItsPeerCloses() throws {
            try namespace.set("tcp_fin_timeout", "3")
            try web(.init(command: .listen, name: "server", address: "127.0.0.1", port: 8080))
            try shop(
                .init(command: .connect, name: "c", to: "127.0.0.1", toPort: 8080, from: "127.0.0.1", fromPort: 7777))
            try web(.init(command: .accept, name: "a", count: 1, listener: "server"))
            try shop(.init(command: .close, name: "c"))
            let (report, code) = try explain("bind", "tcp", "127.0.0.1:7777")
            let blocker = try #require(report["blockers"].array.first)
            #expect(code == 1 && blocker["state"].string == "fin_wait_2")
            #expect(report["explanation"].string?.contains("FIN_WAIT_2") == true)
            #expect(blocker["remaining_seconds"].double.map { $0 > 60 && $0 <= 63 } == true)
            try web(.init(command: .close, name: "a"))
            usleep(5_000_000)
            // The time of FIN_WAIT_2 is over, and that of TIME_WAIT is not.
            let (later, _) = try explain("bind", "tcp", "127.0.0.1:7777")
            #expect(later["blockers"].array.first?["state"].string == "time_wait")
            let bind = try shop.ask(.init(command: .bind, name: "b", address: "127.0.0.1", port: 7777))
            #expect(bind.errno == "EADDRINUSE")
        }

        @Test func inspectingTheSocketTurnsDependsIntoAnAnswer() throws {
            for (port, reuses) in [(UInt16(8081), true), (8082, false)] {
                try web(
                    .init(command: .bind, name: "b\(port)", address: "127.0.0.1", port: port, reuseAddress: reuses))
                let place = "127.0.0.1:\(port)"
                #expect(try explain("bind", "tcp", place, "--reuse-address").1 == 2)
                let (report, code) = try explain("bind", "tcp", place, "--reuse-address", "--inspect")
                #expect(code == (reuses ? 0 : 1), "\(report)")
                let reply = try shop.ask(
                    .init(command: .bind, name: "b\(port)", address: "127.0.0.1", port: port, reuseAddress: true))
                #expect(reply.ok == reuses)
            }
            // Without sock_diag nothing shows a socket that is only bound.
            #expect(try explain("bind", "tcp", "127.0.0.1:8082", "--source", "proc").1 == 0)
        }

        @Test func connectSaysHowManyFitAndWhoHasTheRest() throws {
            try web.serve("127.0.0.1", 8080)
            try shop.connect("127.0.0.1", 8080, count: 7)
            let (some, code) = try explain("connect", "127.0.0.1:8080")
            #expect(code == 0 && some["free"].int == 3 && some["used"].int == 7 && some["capacity"].int == 10)
            #expect(some["connect"]["slow_connect"].bool == true)
            #expect(try shop.countFreePorts("127.0.0.1", 8080) == 3)
            try shop.connect("127.0.0.1", 8080, count: 3, as: "rest")
            let (full, one) = try explain("connect", "127.0.0.1:8080")
            #expect(one == 1 && full["errno"].string == "EADDRNOTAVAIL" && full["free"].int == 0)
            #expect(full["explanation"].string?.contains("shop (pid \(shop.pid))") == true)
            // Another source address has ports of its own.
            #expect(try explain("connect", "--from", "127.0.0.9", "127.0.0.1:8080").0["free"].int == 10)
        }

        /// The kernel sends the SYN, which no other host answers: RFC 4291, 2.5.3.
        @Test func fromTheLoopbackAddressOfIPv6NoConnectionLeadsToAnotherHost() throws {
            try makeLink()
            let result = try explainConnect("fd00::9", from: "::1")
            #expect(result.status == 64 && result.errors.contains("no route leads from ::1 to fd00::9"), "\(result)")
        }

        private func makeLink() throws {
            try namespace.run("ip", ["link", "add", "d0", "type", "veth", "peer", "name", "d1"])
            try namespace.run("ip", ["address", "add", "10.0.0.1/24", "dev", "d0"])
            try namespace.run("ip", ["address", "add", "fd00::1/64", "dev", "d0", "nodad"])
            for link in ["d0", "d1"] { try namespace.run("ip", ["link", "set", link, "up"]) }
        }

        private func explainConnect(_ target: String, from source: String) throws -> Command {
            let place = target.contains(":") ? "[\(target)]:80" : "\(target):80"
            let arguments = ["explain", "connect", place, "--from", source, "--database", portlog.database]
            return Command.finish(try namespace.start(Binaries.portlog, arguments))
        }

        /// The kernel is asked first, by a TCP socket: what it refuses, whichever port it takes, has no ports left.
        @Test(
            arguments: [
                ("10.0.0.9", "127.0.0.1", true), ("fd00::1", "::1", false), ("10.0.0.9", "10.0.0.1", false),
                ("fd00::9", "fd00::1", false), ("127.0.0.1", "10.0.0.1", false), ("127.0.0.9", "127.0.0.1", false),
                ("10.0.0.1", "127.0.0.1", false), ("10.99.0.9", "10.0.0.1", true), ("fd99::9", "fd00::1", true),
            ] as [(String, String, Bool)])
        func aSourceFromWhichNoRouteLeadsIsRefused(target: String, source: String, isRefused: Bool) throws {
            try makeLink()
            let reply = try shop.ask(
                .init(
                    command: .connect, name: "c", to: target, toPort: 80, from: source, fromPort: 40001,
                    nonblocking: true))
            #expect(reply.ok != isRefused, "\(reply)")
            let result = try explainConnect(target, from: source)
            #expect(result.status == (isRefused ? 64 : 0), "\(result)")
            if isRefused {
                let message = "portlog: no route leads from \(source) to \(target): connect() fails"
                #expect(result.errors.contains(message), "\(result.errors)")
            }
        }

        @Test func privilegedPortsAndForeignAddressesAreToldApart() throws {
            let (denied, _) = try explain("bind", "tcp", "0.0.0.0:80", "--uid", "1000")
            #expect(denied["errno"].string == "EACCES")
            let (foreign, _) = try explain("bind", "tcp", "10.99.0.1:8080")
            #expect(foreign["errno"].string == "EADDRNOTAVAIL")
        }

        @Test func doctorFindsTheListenerInTheRangeAndWhoUsesUpThePorts() throws {
            try web.serve("127.0.0.1", 40004)
            try web.serve("127.0.0.1", 8080, as: "other")
            try shop.connect("127.0.0.1", 8080, count: 8)
            let arguments = ["doctor", "--database", portlog.database, "-o", "json"]
            let result = Command.finish(try namespace.start(Binaries.portlog, arguments))
            #expect(result.status == 0)
            let findings = try JSON(text: result.output)["findings"].array
            let checks = findings.compactMap { $0["check"].string }
            #expect(checks.contains("listener_in_range") && checks.contains("ephemeral_use"))
            #expect(checks.contains("recorder"))
            let listener = findings.first { $0["check"].string == "listener_in_range" }
            #expect(listener?["remedies"].array.first?.string == "sysctl -w net.ipv4.ip_local_reserved_ports=40004")
        }

        @Test func doctorSaysOnceThatAHistoryMayNotBeReadAndNotThatThereIsNone() throws {
            try portlog.record()
            try #require(chmod(portlog.database, 0o600) == 0)
            let result = try doctor(through: ["setpriv", "--reuid=65534", "--clear-groups"])
            #expect(result.status == 0 && result.errors.ranges(of: "note: without the history").count == 1)
            let finding = try recorderFinding(result)
            #expect(finding.hasPrefix("The history \(portlog.database) may not be read by this user"))
            #expect(try recorderFinding(doctor()).hasPrefix("Nothing records"))
        }

        @Test func doctorTellsAHistoryThatCannotBeUsedFromNone() throws {
            #expect(try recorderFinding(doctor()).hasPrefix("There is no history"))
            try Data("something else\n".utf8).write(to: URL(filePath: portlog.database))
            let finding = try recorderFinding(doctor())
            #expect(
                finding.hasPrefix("There is a history that cannot be used")
                    && finding.contains("not a database of portlog"))
        }

        private func doctor(through wrapper: [String] = []) throws -> Command {
            let words = wrapper + [Binaries.portlog, "doctor", "--database", portlog.database, "-o", "json"]
            return Command.finish(try namespace.start(words[0], Array(words.dropFirst())))
        }

        private func recorderFinding(_ result: Command) throws -> String {
            let findings = try JSON(text: result.output)["findings"].array
            return try #require(findings.first { $0["check"].string == "recorder" }?["explanation"].string)
        }
    }
}
