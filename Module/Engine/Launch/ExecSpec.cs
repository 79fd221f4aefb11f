namespace Containers.Engine.Launch;

/// <summary>A further program in a container that runs. What is null or empty is as it is for the container's first process.</summary>
public sealed record ExecSpec
{
    /// <summary>The program and its arguments. Neither entrypoint nor shell comes before them.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary><c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>, by the container's own /etc/passwd and /etc/group.</summary>
    public string? User { get; init; }

    /// <summary>An absolute path in the container.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables that are added to or replace the container's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>All capabilities, as with docker. Seccomp filter, namespaces, cgroup, masks and read-only paths stay the container's.</summary>
    public bool Privileged { get; init; }

    /// <summary>It has a standard input that the session writes to; otherwise it reads /dev/null.</summary>
    public bool Interactive { get; init; }

    /// <summary>Its input and output are a terminal of the container's own, which <see cref="Interactive"/> allows to type into.</summary>
    public bool Terminal { get; init; }

    /// <summary>First size of the terminal.</summary>
    public TerminalSize TerminalSize { get; init; }

    /// <summary>No session is attached: it runs on by itself, what it prints goes nowhere, and its exit code is kept as long as the container runs.</summary>
    public bool Detach { get; init; }
}
