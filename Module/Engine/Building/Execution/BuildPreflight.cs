using System.Security.Cryptography;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Distribution;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// What is known to be wrong before any step runs: nobody waits for a compiler to learn that a file is missing or a port is none. Where a stage
/// stands on an image that is not here yet, what depends on its variables and triggers is left to the steps.
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

    /// <exception cref="EngineException">
    /// DockerfileCheckFailed, BuildContextMissing, CopySourceNotFound, CopySourceOutside, SecretNotFound, SecretUnreadable, SshAgentNotFound;
    /// InvalidDockerfile, InvalidChecksum.
    /// </exception>
    internal void Run()
    {
        CheckFindings();
        foreach ((int index, StageNode node) in graph.Nodes)
        {
            KnownStage below = Base(node);
            List<string> triggers = [];
            foreach (string trigger in below.Triggers)
            {
                Check(DockerfileParser.ParseTrigger(trigger, node.Stage.BaseName.Range), below.Variables, node.Stage);
            }

            foreach (Instruction instruction in node.Stage.Instructions)
            {
                Check(instruction, below.Variables, node.Stage);
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

    internal static EngineException AgentMissing(RunMount mount) => SourceText.Error(
        mount.Written.Range, "SshAgentNotFound", $"the ssh agent '{mount.AgentId}' was not given",
        mount.AgentId == "default" ? "Give it with -Ssh default: $env:SSH_AUTH_SOCK says where it is." : $"Give it with -Ssh '{mount.AgentId}=SOCKET'.",
        EngineErrorKind.ObjectNotFound);

    /// <param name="what">"to copy from".</param>
    internal static EngineException ContextMissing(SourceRange range, string what) => SourceText.Error(
        range, "BuildContextMissing", $"there is no build context {what}", "Give its directory with -Path.", EngineErrorKind.InvalidOperation);

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

    private void Check(Instruction written, StageVariables? variables, Stage stage)
    {
        // What has no variables is the same whatever the base image sets.
        bool isExpanded = variables is not null || !HasVariables(written);
        Instruction instruction = written;
        if (isExpanded)
        {
            WordExpander expander = new(variables ?? new StageVariables(globals, []), input.File.Directives.Escape);
            if (written is ArgInstruction arg)
            {
                _ = variables?.Declare(arg, expander);
                return;
            }

            instruction = written.Expand(expander);
        }

        bool IsKnown(Word word) => isExpanded || InstructionRules.IsPlain(word);
        InstructionRules.Check(instruction, IsKnown);
        switch (instruction)
        {
            case EnvInstruction env:
                variables?.Set(env);
                break;
            case FileInstruction copy:
                CheckSources(copy, [.. copy.Sources.Where(source => IsKnown(source) && !RemoteSource.IsFetched(copy, source))], stage);
                break;
            case RunInstruction run:
                foreach (RunMount mount in run.Mounts.Where(mount => IsKnown(mount.Written)))
                {
                    Check(mount, stage);
                }

                break;
        }
    }

    private static bool HasVariables(Instruction instruction) => instruction.Text.Contains('$', StringComparison.Ordinal)
        || instruction.Heredocs.Any(heredoc => heredoc.Content.Contains('$', StringComparison.Ordinal));

    private void CheckSources(FileInstruction copy, IReadOnlyList<Word> sources, Stage stage)
    {
        if (sources.Count == 0)
        {
            return;
        }

        bool parents = copy is CopyInstruction { Parents: true };
        if (Tree((copy as CopyInstruction)?.From, stage, () => ContextMissing(sources[0].Range, "to copy from")) is { } tree)
        {
            foreach (Word source in sources)
            {
                _ = tree.Find(source, parents);
            }
        }
    }

    /// <summary>The context that something is taken from; null for a stage or an image, whose files are not known yet.</summary>
    private SourceTree? Tree(Word? from, Stage stage, Func<EngineException> missing) => from is null ? input.Context ?? throw missing()
        : graph.FindSource(from, stage) is null ? input.FindNamed(from.Text)?.Tree
        : null;

    private void Check(RunMount mount, Stage stage)
    {
        switch (mount.Type)
        {
            case RunMountType.Bind:
                _ = Tree(mount.From, stage, () => ContextMissing(mount.Written.Range, "to mount"))?.FindOne(mount.SourcePath);
                break;
            case RunMountType.Secret when mount.SecretId.Length > 0 && !request.DryRun:
                CheckSecret(mount);
                break;
            case RunMountType.Ssh when mount.Required && !request.DryRun && !request.SshAgents.ContainsKey(mount.AgentId):
                throw AgentMissing(mount);
        }
    }

    private void CheckSecret(RunMount mount)
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
