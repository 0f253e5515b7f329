/// The options of one socket in one of the worlds that are possible (``BindWorlds``).
struct BindOptions: Hashable {
    /// SO_REUSEADDR.
    var reuseAddress: Bool
    /// SO_REUSEPORT.
    var reusePort: Bool
    /// IPV6_V6ONLY.
    var isV6Only: Bool
    /// Whether SO_BINDTODEVICE leaves it on the interface that the bind() is about.
    var isOnInterface: Bool
}
