import CLinux
import Glibc
import PortModel

/// A request for all sockets of one table that are in certain states: `struct inet_diag_req_v2` in linux/inet_diag.h.
struct SockDiagRequest {
    /// The table.
    var table: SocketTable
    /// Bits of include/net/tcp_states.h: 1 << state.
    var states: UInt32

    /// Every state of TCP that is told of, TCP_NEW_SYN_RECV (12) and TCP_BOUND_INACTIVE (13) among them; UDP has 1 and 7 of them.
    static let allStates: UInt32 = 0x3ffe
    /// TCP_BOUND_INACTIVE alone. Kernels before 6.8 know no such state and tell of nothing.
    static let boundOnly: UInt32 = 1 << 13
    /// TCP_LISTEN as well.
    static let boundOrListening: UInt32 = boundOnly | 1 << 10

    /// The whole message, with its netlink header.
    func bytes(sequence: UInt32) -> [UInt8] {
        var header = nlmsghdr()
        let length = MemoryLayout<nlmsghdr>.size + MemoryLayout<inet_diag_req_v2>.size
        header.nlmsg_len = UInt32(length)
        header.nlmsg_type = UInt16(SOCK_DIAG_BY_FAMILY)
        // NLM_F_REQUEST, and NLM_F_DUMP: NLM_F_ROOT | NLM_F_MATCH.
        header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH)
        header.nlmsg_seq = sequence
        var request = inet_diag_req_v2()
        request.sdiag_family = UInt8(table.family == .ipv4 ? AF_INET : AF_INET6)
        request.sdiag_protocol = UInt8(table.transport == .tcp ? IPPROTO_TCP : IPPROTO_UDP)
        request.idiag_states = states
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        withUnsafeBytes(of: header) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: request) { bytes.append(contentsOf: $0) }
        return bytes
    }
}
