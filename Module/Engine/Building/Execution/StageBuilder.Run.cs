using System.Diagnostics;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <content>RUN.</content>
internal sealed partial class StageBuilder
{
    /// <summary>Lines of a failed step's output that its error shows.</summary>
    private const int LinesOfError = 20;

    private Outcome Run(RunInstruction run, BuildStep step, Stopwatch time)
    {
        ImageDefaults config = _state.Config.Config;
        IReadOnlyList<string> command = run.Script.WithShell(ConfigInstructions.Shell(config));
        using RunMounts mounts = new(this, run);
        return Layer(
            step, time,
            () =>
            {
                mounts.Find();
                return mounts.Unknown ? null : RunKey(run, command, mounts);
            },
            RunCreatedBy(command),
            () =>
            {
                session.WaitForImages(cancel);
                return Execute(run, command, mounts, step);
            });
    }

    /// <summary>RUN |2 A=1 B=2 /bin/sh -c ...: the arguments that it sees stand before the command.</summary>
    private string RunCreatedBy(IReadOnlyList<string> command)
    {
        string[] arguments = [.. _state.Variables.Arguments.Where(one => one.Value is not null).Select(one => $"{one.Name}={one.Value}").Distinct()];
        string prefix = arguments.Length == 0 ? "" : string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"|{arguments.Length} {string.Join(' ', arguments)} ");
        return "RUN " + prefix + string.Join(' ', command) + " # buildkit";
    }

    private Digest RunKey(RunInstruction run, IReadOnlyList<string> command, RunMounts mounts)
    {
        ImageDefaults config = _state.Config.Config;
        using CacheKey key = new("run");
        key.Add(_state.Content).AddAll(command).Add(run.Script.ScriptText).AddAll(_state.Variables.Environment)
            .Add(config.User).Add(config.WorkingDir).Add(Platform.ToString()).Add(run.Network.ToString()).Add(Request.Network.Mode)
            .AddAll(Request.Network.Networks.Select(one => one.Network))
            .AddAll(Request.Network.HostEntries.Select(entry => entry.Name + "=" + entry.Address))
            .Add(Request.SourceDateEpoch?.ToUnixTimeSeconds() ?? -1);
        mounts.AddTo(key);
        return key.Finish();
    }

    private ImageStore.HeldLayer? Execute(RunInstruction run, IReadOnlyList<string> command, RunMounts mounts, BuildStep step)
    {
        RefuseForeignPlatform(run);
        ImageRecord image = _state.ToRecord(session.EmptyLayer);
        List<string> warnings = [];
        BuildLaunch launch = mounts.Prepare(cancel);
        using StepContainer container = session.Services.Containers.Create(image, Spec(run, command), Request.KeepFailed, cancel);
        OutputLines output = new(line => session.Tell(new BuildOutput(step, line)), LinesOfError);
        ContainerExit exit;
        try
        {
            exit = container.Run(launch, output.Take, warnings, cancel);
        }
        finally
        {
            warnings.ForEach(warning => Request.Warning?.Invoke(warning));
        }

        output.End();
        if (exit.ExitCode != 0)
        {
            throw Failed(run, exit, output, Keep(container));
        }

        return session.Services.Images.WriteLayer(
            writer => container.WriteChanges(writer, Places(mounts.Targets, writer), Request.SourceDateEpoch, cancel), Request.Warning, cancel);
    }

    /// <summary>Where room was made for mounts: a target below a link of the image, such as /var/run, is where the link leads to.</summary>
    private IReadOnlyList<string> Places(IReadOnlyList<string> targets, TarWriter writer)
    {
        if (targets.Count == 0)
        {
            return targets;
        }

        using RootedDirectory? root = session.OpenRoot(_state);
        TargetTree tree = new(root, writer, (0, 0), 0, 0);
        return [.. targets, .. targets.Select(target => tree.Walk(tree.Root, target)).OfType<TargetDirectory>().Select(place => NativePath.ToText(place.Path))];
    }

    private ContainerSpec Spec(RunInstruction run, IReadOnlyList<string> command)
    {
        ImageDefaults config = _state.Config.Config;
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach ((string name, string value) in session.Globals.Proxies)
        {
            environment[name] = value;
        }

        foreach (string variable in _state.Variables.Environment)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            environment[variable[..equals]] = variable[(equals + 1)..];
        }

        return new ContainerSpec
        {
            Image = _stage.DisplayName,
            Process = new ProcessSpec
            {
                Entrypoint = command,
                Command = [],
                ClearEnvironment = true,
                Environment = environment,
                User = config.User,
                WorkingDirectory = config.WorkingDir ?? "/",
            },
            Namespaces = new NamespaceSpec { HostName = StepContainers.HostName },
            Network = run.Network switch
            {
                RunNetwork.None => Request.Network with { Mode = NetworkSpec.None, Networks = [] },
                RunNetwork.Host => Request.Network with { Mode = NetworkSpec.Host, Networks = [] },
                _ => Request.Network,
            },
            // What a step writes below a VOLUME belongs to its layer, and a volume of its own would stay behind it.
            Storage = new StorageSpec { ImageVolumes = ImageVolumeMode.Ignore },
            Log = new LogSpec { Disabled = !Request.KeepFailed },
        };
    }

    /// <summary>Programs of another architecture run where the host has an interpreter for them (binfmt_misc), and nowhere else.</summary>
    private void RefuseForeignPlatform(RunInstruction run)
    {
        ImagePlatform here = ImagePlatform.Current;
        string architecture = _state.Config.Architecture is { Length: > 0 } named ? named : here.Architecture;
        if (architecture != here.Architecture && !Emulation.IsAvailable(architecture))
        {
            throw SourceText.Error(
                run.Range, "PlatformMismatch", $"the stage is for {_state.Config.Os}/{architecture}, and this host runs {here} only",
                $"Install an emulator (qemu-user-static, binfmt-support) for {architecture}, or build on a host of that kind.", EngineErrorKind.NotInstalled);
        }
    }

    /// <summary>With -KeepFailed: the container's name, and the image of what was before it.</summary>
    private string? Keep(StepContainer container)
    {
        if (!Request.KeepFailed)
        {
            return null;
        }

        ContainerImage image = session.Services.Images.AddImage(ImageAssembler.Assemble(session, _state, Request), [], cancel);
        return container.Keep(image.Id);
    }

    private static EngineException Failed(RunInstruction run, ContainerExit exit, OutputLines output, string? kept)
    {
        string command = string.Join(' ', run.Command.Arguments);
        string how = exit.ExitCode is not { } code ? "nobody saw its exit code"
            : exit.OomKilled ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"exit code {code}: the memory was not enough")
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"exit code {code}");
        string tail = output.Last.Count == 0 ? "" : "\n" + string.Join('\n', output.Last.Select(line => "     > " + line));
        EngineException located = SourceText.Error(
            run.Range, "BuildStepFailed", $"the command failed with {how}: {Shorten(command)}",
            kept is null ? "Run the build with -KeepFailed to look into the container." : $"Look into the container \"{kept}\".",
            EngineErrorKind.InvalidOperation);
        return new EngineException(
            located.Kind, located.ErrorId, located.Message + tail, located.ErrorTarget, located.Action);
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : text[..200] + "...";
}
