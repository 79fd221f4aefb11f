using BenchmarkDotNet.Running;

// In this process: a generated project would be built with this repository's settings, which it does not meet.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, "--inProcess"]);
