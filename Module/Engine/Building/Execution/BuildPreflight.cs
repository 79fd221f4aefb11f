using System.Security.Cryptography;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Distribution;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// What is known to be wrong before any step runs: nobody waits for a compiler to learn that a file is missing. Where a stage stands on an image
/// that is not here yet, what depends on its variables and triggers is left to the steps.
/// </summary>
/// <param name="globals">Of its own: expansions count against a budget.</param>
/// <param name="facts">Of an image of this host; null where it is not here.</param>
internal sealed class BuildPreflight(
    BuildRequest request, BuildInput input, BuildGraph graph, GlobalVariables globals, Func<string, BaseImageFacts?> facts)
{
    private readonly Dictionary<int, KnownStage> _stages = [];

    /// <param name="Variables">As they are at its end; null where its base is not known.</param>
    /// <param name="Triggers">For a stage that stands on it.</param>
    private sealed record KnownStage(StageVariables? Variables, IReadOnlyList<string> Triggers);

    /// <exception cref="EngineException">DockerfileCheckFailed, CopySourceNotFound, CopySourceOutside, SecretNotFound, SecretUnreadable; InvalidDockerfile.</exception>
    internal void Run()
    {
        CheckFindings();
        foreach ((int index, StageNode node) in graph.Nodes)
        {
            KnownStage below = Base(node);
            List<string> triggers = [];
            foreach (string trigger in below.Triggers)
            {
                Check(DockerfileParser.ParseTrigger(trigger, node.Stage.BaseName.Range), below.Variables);
            }

            foreach (Instruction instruction in node.Stage.Instructions)
            {
                Check(instruction, below.Variables);
                if (instruction is OnBuildInstruction onbuild)
                {
                    triggers.Add(onbuild.Expression);
                }
            }

            _stages[index] = below with { Triggers = triggers };
        }
    }

    internal static EngineException SecretMissing(RunMount mount) => SourceText.Error(
        mount.Written.Range, "SecretNotFound", $"the secret '{mount.SecretId}' was not given",
        $"Give it with -Secret 'id={mount.SecretId},src=PATH' or 'id={mount.SecretId},env=NAME'.", EngineErrorKind.ObjectNotFound);

    /// <summary>With "# check=error=true" findings end the build.</summary>
    private void CheckFindings()
    {
        if (!input.File.Directives.Check.Error)
        {
            return;
        }

        FindingList findings = new(input.File.Directives.Check);
        new DockerfileChecker(request.Arguments, facts, input.Context?.Filter as IgnoreFile).Check(input.File, findings);
        IReadOnlyList<ContainerFileFinding> found = findings.Sorted;
        if (found.Count > 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "DockerfileCheckFailed", string.Join('\n', found.Select(one => one + "\n" + one.Text)), found[0],
                "Change it, or leave the rule out with '# check=skip=RULE'; '# check=error=true' makes findings errors.");
        }
    }

    private KnownStage Base(StageNode node)
    {
        if (node.Base.Stage is int below)
        {
            KnownStage stage = _stages[below];
            return stage.Variables is null ? stage : stage with { Variables = new StageVariables(stage.Variables) };
        }

        BaseImageFacts? found = Facts(node);
        return found is null ? new KnownStage(null, []) : new KnownStage(new StageVariables(globals, found.Environment), found.Triggers);
    }

    /// <summary>Null where the image that will be used may be another one than is here.</summary>
    private BaseImageFacts? Facts(StageNode node)
    {
        if (node.Base.Image is not { } name)
        {
            return BaseImageFacts.Scratch;
        }

        NamedContext? named = input.FindNamed(name.Text);
        return named?.Tree is not null ? BaseImageFacts.Scratch
            : request.PullPolicy is not (PullPolicy.Missing or PullPolicy.Never) || node.Platform is not null || request.Platform is not null ? null
            : facts((named?.ImageAt(name) ?? name).Text);
    }

    private void Check(Instruction written, StageVariables? variables)
    {
        Instruction instruction = written;
        if (variables is not null)
        {
            WordExpander expander = new(variables, input.File.Directives.Escape);
            if (written is ArgInstruction arg)
            {
                _ = variables.Declare(arg, expander);
                return;
            }

            instruction = written.Expand(expander);
        }

        switch (instruction)
        {
            case EnvInstruction env:
                variables?.Set(env);
                break;
            case FileInstruction copy when copy is not (CopyInstruction { From: not null } or AddInstruction { Checksum: not null })
                && input.Context is { } context:
                CheckSources(copy, context, variables is not null);
                break;
            case RunInstruction run when !request.DryRun:
                CheckSecrets(run);
                break;
        }
    }

    private static void CheckSources(FileInstruction copy, SourceTree context, bool isExpanded)
    {
        foreach (Word source in copy.Sources)
        {
            if ((isExpanded || source.Text.AsSpan().IndexOfAny("$\\`\"'") < 0) && !RemoteSource.IsFetched(copy, source))
            {
                _ = context.Find(source);
            }
        }
    }

    private void CheckSecrets(RunInstruction run)
    {
        // Mounts with variables are known when their step is.
        foreach (RunMount mount in run.Mounts.Where(mount => mount is { Type: RunMountType.Secret, SecretId.Length: > 0 }))
        {
            byte[]? content = null;
            if (request.Secrets.TryGetValue(mount.SecretId, out BuildSecret? secret))
            {
                try
                {
                    content = SecretFile.Read(mount.SecretId, secret);
                }
                catch (EngineException e)
                {
                    throw SourceText.Error(mount.Written.Range, e.ErrorId, e.Message.TrimEnd('.'), e.Action, e.Kind, e);
                }
            }

            if (content is null && mount.Required)
            {
                throw SecretMissing(mount);
            }

            CryptographicOperations.ZeroMemory(content);
        }
    }
}
