using System.Collections;
using Containers.Engine.Registry;
using Containers.Engine.Storage;

namespace Containers.Cmdlets;

/// <summary>Platforms that images are made for.</summary>
public sealed class PlatformCompleter : Completer
{
    private static readonly (string Name, string Tip)[] s_platforms =
    [
        ("linux/amd64", "64-bit x86"), ("linux/arm64", "64-bit ARM"), ("linux/arm/v7", "32-bit ARM"), ("linux/arm/v6", "32-bit ARM, older"),
        ("linux/386", "32-bit x86"), ("linux/ppc64le", "POWER"), ("linux/riscv64", "RISC-V"), ("linux/s390x", "IBM Z"),
    ];

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        s_platforms.Select(platform => new Candidate(platform.Name, platform.Tip));
}

/// <summary>Instructions of a Dockerfile that change an image's configuration. What follows the word is free text: it comes quoted.</summary>
public sealed class InstructionCompleter : Completer
{
    private static readonly (string Name, string Tip)[] s_instructions =
    [
        ("CMD ", "the command: [\"program\", \"argument\"]"), ("ENTRYPOINT ", "what is put before the command"), ("ENV ", "a variable: NAME=value"),
        ("EXPOSE ", "a port: 80/tcp"), ("HEALTHCHECK ", "how to see that it works: CMD …"), ("LABEL ", "a label: key=value"),
        ("ONBUILD ", "an instruction for images built on this one"), ("SHELL ", "the shell of RUN: [\"/bin/sh\", \"-c\"]"),
        ("STOPSIGNAL ", "what a stop sends first: SIGTERM"), ("USER ", "as whom: name[:group]"), ("VOLUME ", "a directory with a life of its own"),
        ("WORKDIR ", "where it starts"),
    ];

    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        s_instructions.Select(instruction => new Candidate(instruction.Name, instruction.Tip));
}

/// <summary>Registries that somebody signed in to or that a configuration file names.</summary>
public sealed class RegistryCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EngineAccess.Current.GetRegistries(null).Select(registry => new Candidate(registry.Registry, Tip(registry)));

    private static string Tip(ContainerRegistry registry) =>
        registry.UserName is null ? registry.Registry : $"{registry.Registry}, as {registry.UserName}";
}

/// <summary>Storage drivers, those that this host cannot do included: the tip says why.</summary>
public sealed class StorageDriverCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EngineAccess.Current.GetStorageDrivers().Select(driver => new Candidate(driver.Name, Tip(driver)));

    private static string Tip(StorageDriverInfo driver) => driver.Reason ?? (driver.Current ? "in use" : driver.Name);
}
