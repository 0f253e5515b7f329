import Glibc
import Testing

@testable import portload

extension LiveTests {
    /// Who is named for connections that ended, against those who made them.
    @Suite struct AttributionLiveTests {
        /// Programs that connect to services, round after round: some connections live through a sample, most do not.
        @Test func whatIsOverIsNamedRightlyOrNotAtAll() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"], addresses: ["10.9.0.1/24"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "server"))
            let services: [(address: String, port: UInt16)] = (0..<6).map { ("10.9.0.1", 7000 + UInt16($0)) }
            for service in services { try server.serve(service.address, service.port, as: "s\(service.port)") }
            let clients = try (0..<6).map { try Agent(in: namespace, program: scratch.program(named: "client\($0)")) }
            let recorder = try portlog.start(interval: "250ms")
            try portlog.awaitSamples(1)

            // Which local port towards which service was whose; a port may be used towards several.
            var makers: [String: Int] = [:]
            var lasting: Set<String> = []
            func key(_ service: UInt16, _ port: UInt16) -> String { "\(service) \(port)" }
            for round in 0..<4 {
                for (index, client) in clients.enumerated() {
                    let service = services[index]
                    let ports = try client.connect(service.address, service.port, count: 10, as: "long\(round)")
                    for port in ports { makers[key(service.port, port)] = Int(client.pid) }
                    lasting.formUnion(ports.map { key(service.port, $0) })
                }
                try portlog.awaitSamples(2)
                for (index, client) in clients.enumerated() {
                    let service = services[index]
                    try client(.init(command: .close, name: "long\(round)"))
                    for burst in 0..<4 {
                        let name = "short\(round) \(burst)"
                        let ports = try client.connect(service.address, service.port, count: 10, as: name)
                        for port in ports { makers[key(service.port, port)] = Int(client.pid) }
                        try client(.init(command: .close, name: name))
                    }
                    try server(.init(command: .closeAccepted, listener: "s\(service.port)"))
                }
                try portlog.awaitSamples(1)
            }
            // The last of the programs has gone; who they were stays known.
            let pids = clients.map { Int($0.pid) }
            for client in clients { client.end() }
            try portlog.awaitSamples(2)
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 10_000) == 0)

            var counts = Counts()
            for socket in try portlog.ask("sockets")["sockets"].array where socket["state"].string == "time_wait" {
                guard let local = socket["local_port"].int, let remote = socket["remote_port"].int, remote >= 7000,
                    remote < 7006, let maker = makers["\(remote) \(local)"]
                else { continue }
                counts.note(
                    socket, maker: maker, isLasting: lasting.contains("\(remote) \(local)"), known: Set(pids))
            }
            print("time-waits: \(counts)")
            #expect(counts.long > 150 && counts.short > 500)
            // 99 % of those that a sample saw are inherited, by the right program.
            #expect(counts.longRight * 100 >= counts.long * 99)
            // 90 % of the others are inferred rightly, and nobody is named wrongly: each service has one client.
            #expect(counts.shortRight * 10 >= counts.short * 9)
            #expect(counts.wrong == 0 && counts.observed == 0)
        }

        private struct Counts {
            var long = 0
            var longRight = 0
            var short = 0
            var shortRight = 0
            var wrong = 0
            var observed = 0

            mutating func note(_ socket: JSON, maker: Int, isLasting: Bool, known: Set<Int>) {
                let owners = socket["owners"].array.compactMap { $0["pid"].int }
                let attribution = socket["attribution"].string
                if attribution == "observed" { observed += 1 }
                if !owners.isEmpty, owners != [maker] { wrong += 1 }
                if isLasting {
                    long += 1
                    if owners == [maker], attribution == "inherited" { longRight += 1 }
                } else {
                    short += 1
                    if owners == [maker] { shortRight += 1 }
                }
            }
        }

        /// 20 000 sockets of 50 processes and more, against what `ss -tanp` says of them.
        @Test func everyOpenSocketOfABusyHostHasItsOwnerInTheSecondSample() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            let load = try namespace.start(
                Binaries.portload, ["hold", "--connections", "10000", "--processes", "50", "--rate", "100"])
            try #require(load.output.next(milliseconds: 60_000)?.contains("\"ready\":true") == true)
            let recorder = try portlog.start(interval: "1s")
            try portlog.awaitSamples(2)
            let listing = try namespace.run("ss", ["-tanpH"]).output
            try portlog.awaitSamples(1)
            let at = try #require(try portlog.ask("status")["last_sample"]["taken_at"].string)
            recorder.end(SIGTERM)
            #expect(recorder.wait(milliseconds: 20_000) == 0)
            load.closeInput()

            var expected: [String: Set<Int>] = [:]
            for line in listing.split(separator: "\n") {
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                let pids = line.matches(of: /pid=(\d+)/).compactMap { Int($0.1) }
                if words.count > 5, !pids.isEmpty { expected["\(words[3]) \(words[4])"] = Set(pids) }
            }
            var (right, wrong, unknown) = (0, 0, 0)
            for socket in try portlog.ask("sockets", "--at", at)["sockets"].array {
                guard socket["inode"].int != nil, let remote = socket["remote_address"].string,
                    let owners = expected[
                        "\(socket["local_address"].string ?? ""):\(socket["local_port"].int ?? 0) "
                            + "\(remote):\(socket["remote_port"].int ?? 0)"]
                else { continue }
                let named = Set(socket["owners"].array.compactMap { $0["pid"].int })
                if named == owners { right += 1 } else if named.isEmpty { unknown += 1 } else { wrong += 1 }
            }
            print("owners: \(right) right, \(wrong) wrong, \(unknown) unknown, of \(expected.count) in ss")
            #expect(right > 19_000 && wrong == 0 && unknown == 0)
        }

        @Test func twoProgramsTowardsOneDestinationLeaveItOpenWhoseAShortConnectionWas() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "server"))
            try server.serve("127.0.0.1", 8080)
            let clients = try ["one", "two"].map { try Agent(in: namespace, program: scratch.program(named: $0)) }
            for client in clients { try client.connect("127.0.0.1", 8080, count: 2, as: "long") }
            try portlog.record()
            let ports = try clients[0].connect("127.0.0.1", 8080, count: 20, as: "short")
            try server(.init(command: .awaitAccepted, count: 24, listener: "server"))
            try clients[0](.init(command: .close, name: "short"))
            try ProcNet.wait(for: 20, "close_wait", of: namespace)
            try server(.init(command: .closeAccepted, listener: "server"))
            try ProcNet.wait(for: 20, "time_wait", of: namespace)
            try portlog.record()
            let left = try portlog.ask("sockets")["sockets"].array.filter {
                $0["state"].string == "time_wait" && ports.map(Int.init).contains($0["local_port"].int ?? 0)
            }
            #expect(left.count == 20)
            #expect(left.allSatisfy { $0["owners"].array.isEmpty && $0["attribution"].string == "unknown" })
        }

        /// Nothing shows that a four-tuple changed hands between two samples: a TIME_WAIT has neither inode nor user.
        @Test func onlyAFourTupleThatChangedHandsBetweenTwoSamplesIsInheritedByTheWrongProgram() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "server"))
            try server.serve("127.0.0.1", 8080)
            let first = try Agent(in: namespace, program: scratch.program(named: "first"))
            let second = try Agent(in: namespace, program: scratch.program(named: "second"))
            let kept = try first.connect("127.0.0.1", 8080, count: 20, as: "kept")
            let given = try first.connect("127.0.0.1", 8080, count: 10, as: "given")
            try portlog.record()

            try first(.init(command: .close, name: "given", reset: true))
            for port in given {
                try second(
                    .init(
                        command: .connect, name: "given", to: "127.0.0.1", toPort: 8080, from: "127.0.0.1",
                        fromPort: port))
            }
            try server(.init(command: .awaitAccepted, count: 40, listener: "server"))
            try first(.init(command: .close, name: "kept"))
            try second(.init(command: .close, name: "given"))
            try ProcNet.wait(for: 30, "close_wait", of: namespace)
            try server(.init(command: .closeAccepted, listener: "server"))
            try ProcNet.wait(for: 30, "time_wait", of: namespace)
            try portlog.record()

            var (right, wrong): (Set<UInt16>, Set<UInt16>) = ([], [])
            for socket in try portlog.ask("sockets")["sockets"].array where socket["remote_port"].int == 8080 {
                guard socket["state"].string == "time_wait", let port = socket["local_port"].int.map(UInt16.init) else {
                    continue
                }
                #expect(socket["attribution"].string == "inherited")
                let maker = given.contains(port) ? second : first
                let isRight = socket["owners"].array.map { $0["pid"].int } == [Int(maker.pid)]
                if isRight { right.insert(port) } else { wrong.insert(port) }
            }
            print(
                "inherited: \(right.count) rightly, \(wrong.count) wrongly, \(given.count) four-tuples had changed hands"
            )
            #expect(right == Set(kept))
            #expect(wrong == Set(given))
        }

        @Test func whatWaitsToBeAcceptedAndWhatTheServerClosedFirstIsTheListeners() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "server"))
            let other = try Agent(in: namespace, program: scratch.program(named: "other"))
            let client = try Agent(in: namespace, program: scratch.program(named: "client"))
            try server.serve("0.0.0.0", 8080)
            try other.serve("127.0.0.2", 8081, accept: false)
            try portlog.record()
            try client.connect("127.0.0.1", 8080, count: 5, as: "short")
            try server(.init(command: .awaitAccepted, count: 5, listener: "server"))
            try server(.init(command: .closeAccepted, listener: "server"))
            try client(.init(command: .close, name: "short"))
            try ProcNet.wait(for: 5, "time_wait", of: namespace)
            try client.connect("127.0.0.2", 8081, count: 3, as: "waiting")
            try portlog.record()
            let sockets = try portlog.ask("sockets")["sockets"].array.filter {
                [8080, 8081].contains($0["local_port"].int)
            }
            let timeWaits = sockets.filter { $0["state"].string == "time_wait" }
            #expect(timeWaits.count == 5)
            let waiting = sockets.filter { $0["state"].string == "established" && $0["inode"] == .null }
            #expect(waiting.count == 3)
            for (some, owner) in [(timeWaits, server), (waiting, other)] {
                #expect(some.allSatisfy { $0["owners"].array.map { $0["pid"].int } == [Int(owner.pid)] })
                #expect(some.allSatisfy { $0["attribution"].string == "inferred" })
            }
        }
    }
}
