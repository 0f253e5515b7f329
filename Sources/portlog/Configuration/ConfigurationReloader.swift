import Logging
import PortRecorder
import ServiceLifecycle
import UnixSignals

/// Reads the configuration anew on SIGHUP. One that is wrong changes nothing, and is said in the log.
struct ConfigurationReloader: Service {
    /// What puts the configuration together.
    let loader: ConfigurationLoader
    /// Where it goes.
    let settings: RecorderSettings
    /// Where deliveries are set.
    let deliver: @Sendable (RecorderConfiguration.Delivery) -> Void
    /// What is in force from the start, for the keys that stay as they are.
    let first: RecorderConfiguration
    /// SIGHUPs.
    let signals: UnixSignalsSequence
    let world: World
    let logger: Logger

    /// Waits for signals until the service group shuts down.
    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() { reload() }
    }

    /// Reads it once.
    func reload() {
        do {
            let loaded = try loader.load(in: world)
            settings.set(loaded.configuration.reloadable)
            deliver(loaded.configuration.delivery)
            let later = ConfigurationKey.all.filter {
                !$0.isReloadable && $0.value(loaded.configuration) != $0.value(first)
            }
            logger.notice("the configuration was read anew", metadata: ["file": "\(loaded.file ?? "none")"])
            if !later.isEmpty {
                logger.warning(
                    "some keys are in force only from the next start on",
                    metadata: ["keys": "\(later.map(\.name).joined(separator: " "))"])
            }
        } catch {
            let reason = (error as? any PortlogErrorConvertible)?.portlogError.description ?? "\(error)"
            logger.error("the configuration is wrong; the one before stays in force", metadata: ["reason": "\(reason)"])
        }
    }
}
