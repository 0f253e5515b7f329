import TestSupport

@testable import PortModel

/// Where the search for the other outcome of a bind() that depends begins: populations that show a witness the same, with options with
/// which, as the model has it, the bind() may end otherwise. The kernel says whether it does.
struct OtherWorlds {
    private let trial: BindTrial
    private let witness: Witness
    private var worlds: [[Population.Part: BindOptions]] = []

    private static let most = 64

    /// Those of a trial of which one outcome was seen; of many some.
    init(_ trial: BindTrial, _ witness: Witness, using generator: inout SeededGenerator) {
        self.trial = trial
        self.witness = witness
        guard let (sockets, parts) = trial.told[witness] else { return }
        let all = BindWorlds(sockets, for: trial.request, KernelVersion(6, 18))
        var found = 0
        all.forEach { options in
            var inWorld = BindTrialInWorlds(trial.request, all, isInKernelOrder: false)
            inWorld.note(options)
            if inWorld.outcome == (trial.errno == nil ? .succeeds : .fails(.addressInUse)) { return }
            found += 1
            var world: [Population.Part: BindOptions] = [:]
            for (part, place) in zip(parts, all.places) {
                if let part, let place { world[part] = options[place] }
            }
            if worlds.count < Self.most {
                worlds.append(world)
            } else if Int.random(in: 0..<found, using: &generator) < Self.most {
                worlds[Int.random(in: 0..<Self.most, using: &generator)] = world
            }
        }
    }

    /// One of them; now and then any, which the model may not think of.
    func population(using generator: inout SeededGenerator) -> Population {
        guard !generator.oneIn(4), let world = worlds.randomElement(using: &generator) else {
            return trial.population.varied(
                for: trial.request.uid, isInspected: witness == .inspected, using: &generator)
        }
        return trial.population.varied(for: trial.request, options: world, using: &generator)
    }
}
