import ArgumentParser
@main struct Portlog: AsyncParsableCommand { }
