namespace Containers.Engine.Launch;

/// <summary>Limits, privileges, and the program.</summary>
internal sealed partial class LaunchPlanCompiler
{
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>docker's and podman's usual value; never what the session happens to have.</summary>
    private const long DefaultFiles = 1048576;

    private void DropPrivileges()
    {
        _steps.AddRange(LimitSteps(_spec.Process));
        CapabilitySet capabilities = Capabilities(_spec.Security, _input.Host);
        Add(SetUmask(_spec.Process));
        Add(LaunchSteps.DropBoundingSet(capabilities, _input.Host.LastCapability));
        if (!_spec.Security.NoNewPrivileges)
        {
            // Without no_new_privs a filter needs CAP_SYS_ADMIN: it is loaded while there is some, and covers the rest of the way.
            LoadSeccomp();
        }

        Add(LaunchSteps.SetUser(_input.User, _spec.Process.Interactive || _spec.Process.Terminal));
        Add(LaunchSteps.SetCapabilities(_input.User.Uid == 0 ? capabilities : CapabilitySet.None));
    }

    /// <summary>In the order of their names.</summary>
    internal static IEnumerable<LaunchStep> LimitSteps(ProcessSpec process)
    {
        SortedDictionary<string, UlimitSpec> limits = new(StringComparer.OrdinalIgnoreCase)
        {
            ["nofile"] = new(DefaultFiles, DefaultFiles),
            ["nproc"] = new(DefaultFiles, DefaultFiles),
            ["core"] = new(0, -1),
        };
        foreach ((string name, UlimitSpec limit) in process.Ulimits)
        {
            limits[name] = limit;
        }

        return limits.Select(pair => LaunchSteps.SetResourceLimit(
            pair.Key, UlimitNames.Number(pair.Key), Unlimited(pair.Value.Soft), Unlimited(pair.Value.Hard)));
    }

    internal static LaunchStep SetUmask(ProcessSpec process) => LaunchSteps.SetUmask(Convert.ToUInt32(process.Umask ?? "0022", 8));

    private static ulong Unlimited(long value) => value < 0 ? ulong.MaxValue : (ulong)value;

    /// <summary>The bounding set. A session that lacks a capability itself cannot give it: "all" then means all it has.</summary>
    internal static CapabilitySet Capabilities(SecuritySpec security, HostFacts host)
    {
        CapabilitySet wanted = security.Privileged
            ? CapabilitySet.All(host.LastCapability)
            : CapabilitySet.Resolve(CapabilitySet.Default, security.AddCapabilities, security.DropCapabilities, host.LastCapability);
        return new CapabilitySet(wanted.Bits & host.OwnCapabilities.Bits);
    }

    private void LoadSeccomp()
    {
        if (_input.Seccomp is not null)
        {
            Add(LaunchSteps.LoadSeccomp(_input.Seccomp, _spec.Security.Seccomp is null ? "default profile" : "own profile"));
        }
    }

    private void StartProgram()
    {
        Add(LaunchSteps.ChangeDirectory(WorkingDirectory()));
        if (_spec.Security.NoNewPrivileges)
        {
            Add(LaunchSteps.NoNewPrivileges());
            LoadSeccomp();
        }

        if (_spec.Process.Init)
        {
            Add(LaunchSteps.RunInit());
        }

        IReadOnlyList<string> arguments = CommandLine(_spec.Process, _input.Image);
        Dictionary<string, string> environment = Environment(_spec, _input.Image, _input.Id, _input.User, _input.LinkVariables);
        foreach ((string name, string value) in _input.SecretVariables)
        {
            environment[name] = value;
        }

        Add(Execute(arguments, environment));
    }

    internal static LaunchStep Execute(IReadOnlyList<string> arguments, Dictionary<string, string> environment) => LaunchSteps.Execute(
        arguments,
        [.. environment.Select(pair => pair.Key + "=" + pair.Value)],
        Candidates(arguments[0], environment.GetValueOrDefault("PATH", DefaultPath)));

    private string WorkingDirectory() => WorkingDirectory(_spec.Process, _input.Image);

    internal static string WorkingDirectory(ProcessSpec process, ProgramDefaults image) =>
        process.WorkingDirectory ?? (image.WorkingDirectory.Length > 0 ? image.WorkingDirectory : "/");

    /// <summary>docker's rule: a new entrypoint drops the image's command; a new command keeps the image's entrypoint.</summary>
    internal static IReadOnlyList<string> CommandLine(ProcessSpec process, ProgramDefaults image)
    {
        IReadOnlyList<string> entrypoint = process.Entrypoint ?? image.Entrypoint;
        IReadOnlyList<string> command = process.Command ?? (process.Entrypoint is null ? image.Command : []);
        return [.. entrypoint, .. command];
    }

    /// <summary>PATH and HOSTNAME, the image's variables, the user's: the later ones win.</summary>
    internal static Dictionary<string, string> Environment(
        ContainerSpec spec, ProgramDefaults image, string id, UserIdentity user, IReadOnlyList<string> linkVariables)
    {
        ProcessSpec process = spec.Process;
        Dictionary<string, string> variables = new(StringComparer.Ordinal)
        {
            ["PATH"] = DefaultPath,
            ["HOSTNAME"] = spec.Namespaces.Uts == NamespaceSpec.Host ? System.Environment.MachineName : HostName(spec, id),
            ["HOME"] = user.Home,
        };
        if (process.Terminal)
        {
            variables["TERM"] = "xterm"; // docker's rule: never the session's own, whose description the image may lack.
        }

        foreach (string variable in linkVariables)
        {
            string[] parts = variable.Split('=', 2);
            variables[parts[0]] = parts[1];
        }

        foreach (string variable in process.ClearEnvironment ? [] : image.Environment)
        {
            // A name without a value is not taken from the host: an image may not ask for the session's secrets (S35).
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                variables[variable[..equals]] = variable[(equals + 1)..];
            }
        }

        foreach (string name in process.RemoveEnvironment)
        {
            variables.Remove(name);
        }

        foreach ((string name, string value) in process.Environment)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>The paths execvp(3) would try; they are looked up inside the new root.</summary>
    internal static List<string> Candidates(string program, string path) => program.Contains('/', StringComparison.Ordinal)
        ? [program]
        : [.. path.Split(':').Select(directory => (directory.Length == 0 ? "." : directory.TrimEnd('/')) + "/" + program)];
}
