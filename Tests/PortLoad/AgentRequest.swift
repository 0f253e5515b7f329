/// A command to `portload agent`: one line of JSON with snake_case names. What a verb does not use is left out.
struct AgentRequest: Codable {
    /// What to do.
    enum Verb: String, Codable {
        /// Makes a socket `name` that is bound to `address`, `port` (0: the kernel chooses) and listens.
        case listen
        /// Makes a socket `name` that is bound and no more.
        case bind
        /// Makes the bound sockets `name` listen.
        case startListening = "start_listening"
        /// Makes `count` sockets `name` that are connected to `to`, `to_port`; bound to `from`, `from_port` before where
        /// given.
        case connect
        /// As `connect`, until it fails or `limit` have succeeded; keeps the sockets.
        case connectUntilFail = "connect_until_fail"
        /// As `bind`, until it fails or `limit` have succeeded; keeps the sockets.
        case bindUntilFail = "bind_until_fail"
        /// Takes `count` connections of `listener` and keeps them as `name`.
        case accept
        /// Waits until `count` connections of `listener` have been accepted in the background.
        case awaitAccepted = "await_accepted"
        /// Closes the first `count` sockets of `name`, or all; with `reset` no TIME_WAIT is left.
        case close
        /// Closes what was accepted from `listener` in the background, once there are `count`.
        case closeAccepted = "close_accepted"
        /// Sends FIN on all sockets of `name`, and keeps them open.
        case shutdown
        /// Starts `count` processes that hold the socket `listener` too, as after fork(); `close` of `name` ends them.
        case forkWorkers = "fork_workers"
        /// Becomes another user, for good.
        case setUID = "set_uid"
        /// Counts the sockets of `name`.
        case count
    }

    /// TCP or UDP.
    enum Transport: String, Codable {
        case tcp
        case udp
    }

    var command: Verb
    /// The handle of the sockets that the command makes or is about; several sockets may share one.
    var name: String?
    /// Default: TCP.
    var transport: Transport?
    var address: String?
    var port: UInt16?
    var to: String?
    var toPort: UInt16?
    var from: String?
    var fromPort: UInt16?
    var count: Int?
    var limit: Int?
    var listener: String?
    var backlog: Int32?
    var reuseAddress: Bool?
    var reusePort: Bool?
    var v6Only: Bool?
    var bindAddressNoPort: Bool?
    var nonblocking: Bool?
    /// For `listen`: accept all connections in the background.
    var accept: Bool?
    var reset: Bool?
    var uid: UInt32?
}

/// The answer: one line of JSON.
struct AgentReply: Codable {
    var ok = true
    /// The name of the error: `EADDRINUSE`. For the `until_fail` verbs it is what ended them, `nil` at the limit.
    var errno: String?
    /// The system call that failed.
    var call: String?
    /// What is wrong with the request itself.
    var error: String?
    /// How many sockets the `until_fail` verbs have made.
    var succeeded: Int?
    /// The local ports of the sockets made.
    var ports: [UInt16]?
    /// The processes started.
    var pids: [Int32]?
    /// How many sockets there are.
    var count: Int?
}
