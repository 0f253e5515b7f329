import PortModel
import TestSupport

/// A program, run by a unit or in a container.
struct ProgramSpec {
    /// How its processes share the work.
    enum Workers: Equatable {
        /// One process.
        case none
        /// Several processes that share one listening socket.
        case forked(Int)
        /// Several processes with a listening socket each: SO_REUSEPORT.
        case reusePort(Int)
        /// One process more for each connection.
        case perConnection
    }

    var command: String
    var executable: String?
    var uid: UInt32
    var unit: String?
    var container: String?
    var workers = Workers.none
    /// Its connections are reset when it ends, so that they leave no TIME_WAIT.
    var resets = false
}

/// A port that a program serves.
struct ServiceSpec {
    var program: Int
    var port: UInt16
    var transport = TransportProtocol.tcp
    var table: SocketTable
    /// What it is bound to.
    var bind: IPAddress
    /// Where its clients connect to.
    var local: IPAddress
    /// How many clients come in a second, on average over a week.
    var perSecond = 0.0
    /// How long a connection lasts on average, in seconds.
    var lifetime = 1.0
    /// How often this side closes first.
    var closesFirst = 0.0
    /// Where clients come from.
    var clients: [IPAddress] = []
    /// How unevenly, see ``SeededGenerator/rank(_:skew:)``.
    var skew = 1.0
}

/// Somewhere that programs of the host connect to.
struct DestinationSpec {
    var local: IPAddress
    var remote: Endpoint
    /// The service, when it is on this host; else -1.
    var service = -1
}

/// A program that connects to a destination.
struct StreamSpec {
    var program: Int
    var destination: Int
    var table: SocketTable
    /// How often it connects in a second, on average over a week.
    var perSecond = 0.0
    /// How long a connection lasts on average, in seconds.
    var lifetime = 0.2
    /// How often the other side closes first.
    var serverCloses = 0.1
    /// How many connections it keeps standing.
    var pool = 0
    /// How often nobody answers its SYN.
    var stalls = 0.0
    /// It calls bind(address, 0) before connect().
    var bindsFirst = false
}

/// A program that sends datagrams, each time from a port that the kernel chooses.
struct DatagramSpec {
    var program: Int
    var table: SocketTable
    var local: IPAddress
    /// The peer of connect(); `nil` for sockets without a peer.
    var remote: Endpoint?
    var perSecond: Double
    /// In seconds.
    var lifetime: Double
}

/// Who is on the host: programs, what they serve and whom they talk to.
struct Cast {
    var programs: [ProgramSpec] = []
    var services: [ServiceSpec] = []
    var destinations: [DestinationSpec] = []
    var streams: [StreamSpec] = []
    var datagrams: [DatagramSpec] = []
    /// The service whose port is stolen.
    var stolen = 0
    /// The stream that the burst goes through.
    var burst = 0
    /// The stream whose program forgets to close.
    var leak = 0
    /// The stream of processes that live for one connection.
    var cron = 0

    /// The host's addresses.
    static let address = IPAddress(ipv4: 0x0A00_000A)  // 10.0.0.10
    static let address6 = IPAddress(high: 0x2001_0db8_0010_0000, low: 0x10)
    static let loopback = IPAddress(ipv4: 0x7F00_0001)
    static let loopback6 = IPAddress(high: 0, low: 1)

    /// A peer that is no address of this host: 10.1.0.0/16.
    static func neighbour(_ number: Int) -> IPAddress { IPAddress(ipv4: 0x0A01_0000 + UInt32(number)) }
    /// A neighbour's IPv6 address.
    static func neighbour6(_ number: Int) -> IPAddress { IPAddress(high: 0x2001_0db8_0011_0000, low: UInt64(number)) }
}
