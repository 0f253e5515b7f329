import Testing

@testable import portload

extension LiveTests {
    /// `time-wait` against /proc: how many, by whom, towards whom.
    @Suite struct TimeWaitLiveTests {
        @Test func everyGroupIsWhatItsProgramLeft() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_max_tw_buckets": "5000", "tcp_tw_reuse": "0"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace, program: scratch.program(named: "database"))
            let shop = try Agent(in: namespace, program: scratch.program(named: "shop"), uid: 1001)
            let crawler = try Agent(in: namespace, program: scratch.program(named: "crawler"))
            try server.serve("127.0.0.2", 5432, as: "pg")
            try server.serve("127.0.0.3", 8080, as: "web")
            try server.serve("::1", 8081, as: "v6")

            // Seen alive, closed by the client: by two programs to the same service, and to another one.
            try shop.connect("127.0.0.2", 5432, count: 30)
            try crawler.connect("127.0.0.2", 5432, count: 12)
            try crawler.connect("::1", 8081, count: 5)
            // Seen alive, closed by the server.
            try shop.connect("127.0.0.3", 8080, count: 7, as: "served")
            for (name, count) in [("pg", 42), ("web", 7), ("v6", 5)] {
                try server(.init(command: .awaitAccepted, count: count, listener: name))
            }
            try portlog.record()
            try shop(.init(command: .close, name: "clients"))
            try crawler(.init(command: .close, name: "clients"))
            // Both ends that close at once are both in TIME_WAIT.
            try ProcNet.wait(for: 47, "close_wait", of: namespace)
            for name in ["pg", "web", "v6"] { try server(.init(command: .closeAccepted, listener: name)) }
            try ProcNet.wait(for: 7, "close_wait", of: namespace)
            try shop(.init(command: .close, name: "served"))
            try ProcNet.wait(for: 54, "time_wait", of: namespace)
            let before = try ProcNet(of: namespace)
            try portlog.record()
            let after = try ProcNet(of: namespace)
            try #require(before.count("time_wait") == 54 && after.count("time_wait") == 54)

            let document = try portlog.ask("time-wait")
            #expect(document["now"].int == 54)
            #expect(document["limit"].int == 5000)
            #expect(document["peak"]["count"].int == 54)
            #expect(document["series"].array.last?["count"].int == 54)
            let groups = document["groups"].array
            #expect(groups.compactMap { $0["now"].int }.reduce(0, +) == 54)

            let toDatabase = groups.filter { $0["role"].string == "client" && $0["remote_port"].int == 5432 }
            #expect(toDatabase.compactMap { $0["now"].int }.reduce(0, +) == 42)
            #expect(toDatabase.allSatisfy { $0["remote_address"].string == "127.0.0.2" && $0["local_port"] == .null })
            #expect(Self.owners(toDatabase) == [Int(shop.pid), Int(crawler.pid)])
            let toIPv6 = groups.filter { $0["role"].string == "client" && $0["remote_port"].int == 8081 }
            #expect(toIPv6.map { $0["now"].int } == [5])
            #expect(Self.owners(toIPv6) == [Int(crawler.pid)])
            let served = groups.filter { $0["role"].string == "server" }
            #expect(served.map { $0["now"].int } == [7])
            #expect(served.map { $0["local_port"].int } == [8080])
            #expect(served.allSatisfy { $0["remote_address"] == .null && $0["remote_port"] == .null })
            #expect(Self.owners(served) == [Int(server.pid)])
            #expect((toDatabase + toIPv6 + served).allSatisfy { $0["attribution"].string == "inherited" })
        }

        @Test func anOwnerStaysKnownAfterItsEnd() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace)
            let job = try Agent(in: namespace, program: scratch.program(named: "job"))
            try server.serve("127.0.0.1", 8080)
            try job.connect("127.0.0.1", 8080, count: 9)
            try server(.init(command: .awaitAccepted, count: 9, listener: "server"))
            try portlog.record()
            job.end()
            try server(.init(command: .closeAccepted, listener: "server"))
            try portlog.record()

            let sockets = try portlog.ask("sockets")["sockets"].array.filter { $0["state"].string == "time_wait" }
            #expect(sockets.count == 9)
            for socket in sockets {
                #expect(socket["owners"].array.map { $0["pid"].int } == [Int(job.pid)])
                #expect(socket["owners"][0]["command"].string == "job")
                #expect(socket["attribution"].string == "inherited")
                #expect(socket["uid"] == .null)
            }
        }

        @Test func whatWasNeverSeenAliveIsCountedAllTheSame() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace(sysctls: ["tcp_tw_reuse": "0"])
            let portlog = Portlog(in: namespace, scratch)
            let server = try Agent(in: namespace)
            let job = try Agent(in: namespace)
            try server.serve("127.0.0.1", 8080)
            try portlog.record()
            try job.connect("127.0.0.1", 8080, count: 20)
            try server(.init(command: .awaitAccepted, count: 20, listener: "server"))
            try job(.init(command: .close, name: "clients"))
            try ProcNet.wait(for: 20, "close_wait", of: namespace)
            try server(.init(command: .closeAccepted, listener: "server"))
            try ProcNet.wait(for: 20, "time_wait", of: namespace)
            try portlog.record()

            let document = try portlog.ask("time-wait")
            #expect(document["now"].int == (try ProcNet(of: namespace)).count("time_wait"))
            let groups = document["groups"].array
            #expect(groups.map { $0["now"].int } == [20])
            #expect(groups[0]["role"].string == "client")
            // Nobody saw the job with a connection: whoever is named is a conclusion, never an observation.
            #expect(["unknown", "inferred"].contains(groups[0]["attribution"].string))
        }

        @Test func orphansInFinWait2AreNoTimeWait() throws {
            let scratch = try Scratch()
            let namespace = try NetworkNamespace()
            let portlog = Portlog(in: namespace, scratch)
            let agent = try Agent(in: namespace)
            try agent.serve("127.0.0.1", 8080)
            try agent.leaveTimeWait("127.0.0.1", 8080, count: 4)
            try agent.connect("127.0.0.1", 8080, count: 6)
            try agent(.init(command: .close, name: "clients"))
            try portlog.record()
            let reading = try ProcNet(of: namespace)
            try #require(reading.count("fin_wait_2") == 6)
            #expect(try portlog.ask("time-wait")["now"].int == reading.count("time_wait"))
        }

        private static func owners(_ groups: [JSON]) -> Set<Int> {
            Set(groups.flatMap { $0["owners"].array }.compactMap { $0["pid"].int })
        }
    }
}
