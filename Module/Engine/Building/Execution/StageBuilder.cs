using System.Diagnostics;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>Goes through one stage: every instruction is expanded, then looked up or done.</summary>
internal sealed partial class StageBuilder(BuildSession session, StageNode node, CancellationToken cancel)
{
    /// <summary>Who reads histories knows a builder by its comment.</summary>
    private const string Comment = "buildkit.dockerfile.v0";

    private readonly Stage _stage = node.Stage;
    private StageState _state = null!;
    private int _number;
    private int _total = 1 + node.Stage.Instructions.Count;

    private BuildRequest Request => session.Request;

    private BuildSession Session => session;

    private CancellationToken Cancel => cancel;

    private BuildScratch Scratch => session.Scratch;

    private ImagePlatform Platform { get; set; } = ImagePlatform.Current;

    internal StageState Run()
    {
        IReadOnlyList<string> triggers = Begin();
        _total += triggers.Count;
        foreach (string trigger in triggers)
        {
            Instruction instruction = DockerfileParser.ParseTrigger(trigger, _stage.BaseName.Range);
            foreach (ArgumentDefinition argument in (instruction as ArgInstruction)?.Arguments ?? [])
            {
                session.TriggerArguments.Add(argument.Name);
            }

            Step(instruction, _stage.Range, trigger);
        }

        foreach (Instruction instruction in _stage.Instructions)
        {
            Step(instruction, instruction.Range, instruction.Text);
        }

        return _state;
    }

    /// <summary>FROM.</summary>
    /// <returns>The base's ONBUILD instructions.</returns>
    private IReadOnlyList<string> Begin()
    {
        cancel.ThrowIfCancellationRequested();
        BuildStep step = NewStep(_stage.Text, _stage.Range);
        if (node.Base.Stage is int below)
        {
            StageState lower = session.Stage(below, cancel);
            session.Tell(new BuildStepStarted(step));
            _state = lower.Derive();
            Finish(step with { Cached = true }, TimeSpan.Zero);
        }
        else
        {
            session.Tell(new BuildStepStarted(step));
            Stopwatch time = Stopwatch.StartNew();
            _state = Base();
            Finish(step with { Cached = !_state.Unknown, WouldRun = _state.Unknown }, time.Elapsed);
        }

        ImageDefaults config = _state.Config.Config;
        IReadOnlyList<string> triggers = config.OnBuild;
        _state.Config = _state.Config with { Config = config with { OnBuild = [] } };
        return triggers;
    }

    private StageState Base()
    {
        Platform = node.Platform is { } word ? ParsePlatform(word) : Request.Platform ?? ImagePlatform.Current;
        ImageConfig scratch = new()
        {
            Architecture = Platform.Architecture, Os = Platform.Os, Variant = Platform.Variant,
        };
        if (node.Base.Image is not { } name)
        {
            return StageState.Of(scratch, session.Globals);
        }

        NamedContext? named = session.Input.FindNamed(name.Text);
        if (named?.Tree is { } tree)
        {
            return Of(tree, name, scratch);
        }

        name = named?.ImageAt(name) ?? name;
        ImagePlatform? wanted = node.Platform is null && Request.Platform is null ? null : Platform;
        if (session.Image(name, wanted, cancel) is { } image)
        {
            return StageState.Of(image.Config, session.Globals);
        }

        StageState unknown = StageState.Of(scratch, session.Globals);
        unknown.Unknown = true;
        return unknown;
    }

    /// <summary>A stage that has the files of a context.</summary>
    private StageState Of(SourceTree tree, Word name, ImageConfig scratch)
    {
        StageState state = StageState.Of(scratch, session.Globals);
        if (Request.DryRun)
        {
            state.Unknown = true;
            return state;
        }

        state.Layers.Add(ContextLayer.Scan(tree, name with { Text = "." }, cancel).Write(session, Request.Warning, cancel));
        state.History.Add(new ImageHistory { CreatedBy = "FROM " + name.Text, Comment = Comment });
        return state;
    }

    private static ImagePlatform ParsePlatform(Word word) => ImagePlatform.TryParse(word.Text, out ImagePlatform? platform)
        ? platform
        : throw SourceText.Error(
            word.Range, "InvalidPlatform", $"'{word.Text}' is no platform", "Write it as os/architecture[/variant], for example linux/arm64/v8.",
            EngineErrorKind.InvalidArgument);

    private void Step(Instruction instruction, SourceRange range, string text)
    {
        cancel.ThrowIfCancellationRequested();
        BuildStep step = NewStep(text, range);
        Stopwatch time = new();
        Outcome outcome;
        try
        {
            WordExpander expander = new(_state.Variables, session.Input.File.Directives.Escape);
            outcome = instruction switch
            {
                RunInstruction run => Run((RunInstruction)run.Expand(expander), step, time),
                FileInstruction copy => Copy((FileInstruction)copy.Expand(expander), step, time),
                WorkdirInstruction workdir => WorkDir((WorkdirInstruction)workdir.Expand(expander), step, time),
                ArgInstruction arg => Tell(step, time, Declare(arg, expander)),
                _ => Tell(step, time, ConfigInstructions.Apply(_state, instruction.Expand(expander))
                    ?? throw SourceText.Invalid(range, $"{instruction.Name} is not known here")),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            session.Tell(new BuildStepFailed(step with { Duration = time.Elapsed }));
            throw Located(e, range);
        }

        Finish(
            step with { Cached = outcome.Cached, WouldRun = outcome.WouldRun, LayerId = outcome.Layer?.ToString() }, time.Elapsed);
    }

    /// <summary>What went wrong and in which line; what has its place already keeps it.</summary>
    private static Exception Located(Exception e, SourceRange range) => e switch
    {
        EngineException known when known.Message.Contains("\n     | ", StringComparison.Ordinal) => known,
        EngineException known => SourceText.Error(range, known.ErrorId, known.Message, known.Action, known.Kind, known),
        LinuxException failed => Located(EngineException.From(failed), range),
        _ => e,
    };

    private BuildStep NewStep(string text, SourceRange range) => new()
    {
        Number = ++_number, Total = _total, Stage = _stage.DisplayName, Instruction = text, File = range.File, Line = range.FirstLine,
    };

    private void Finish(BuildStep step, TimeSpan duration) => session.Tell(new BuildStepFinished(step with { Duration = duration }));

    /// <summary>A step that changes the configuration only.</summary>
    private Outcome Tell(BuildStep step, Stopwatch time, string createdBy)
    {
        session.Tell(new BuildStepStarted(step));
        time.Start();
        AddHistory(createdBy, created: null, emptyLayer: true);
        return default;
    }

    private string Declare(ArgInstruction arg, WordExpander expander)
    {
        IReadOnlyList<StageVariables.ArgumentValue> declared = _state.Variables.Declare(arg, expander);
        return "ARG " + string.Join(' ', declared.Select(one => one.Value is null ? one.Name : one.Name + "=" + one.Value));
    }

    private void AddHistory(string createdBy, DateTimeOffset? created, bool emptyLayer) => _state.History.Add(new ImageHistory
    {
        Created = created, CreatedBy = createdBy, Author = _state.Config.Author, Comment = Comment, EmptyLayer = emptyLayer,
    });

    /// <summary>A step that may make a layer: from the cache, or by <paramref name="work"/>.</summary>
    private Outcome Layer(BuildStep step, Stopwatch time, Func<Digest?> findKey, string createdBy, Func<ImageStore.HeldLayer?> work)
    {
        // Before the key: to know it files may have to be read, or fetched.
        session.Tell(new BuildStepStarted(step));
        if (_state.Unknown)
        {
            return new Outcome(Cached: false, WouldRun: true, null);
        }

        time.Start();
        if (findKey() is not { } key)
        {
            _state.Unknown = true;
            return new Outcome(Cached: false, WouldRun: true, null);
        }

        if (!Request.NoCache && session.FindStep(key, step, _state.LastKey, cancel) is { } cached)
        {
            Use(cached.Layer, createdBy, cached.Record.Created);
            _state.LastKey = key.Hex;
            if (Request.DryRun && cached is { Layer: null, Record.DiffId: { } elsewhere })
            {
                _state.Layers.Add(Digest.Parse(elsewhere));
                _state.Elsewhere = true;
                return new Outcome(Cached: true, WouldRun: false, _state.Layers[^1]);
            }

            return new Outcome(Cached: true, WouldRun: false, cached.Layer?.DiffId);
        }

        if (Request.DryRun)
        {
            _state.Unknown = true;
            return new Outcome(Cached: false, WouldRun: true, null);
        }

        time.Stop();
        using IDisposable slot = session.TakeSlot(cancel);
        time.Start();
        ImageStore.HeldLayer? layer = work();
        DateTimeOffset created = Request.SourceDateEpoch ?? DateTimeOffset.UtcNow;
        Use(layer, createdBy, created);
        session.KeepStep(new BuildCacheRecord
        {
            Key = key.Hex, DiffId = layer?.DiffId.ToString(), Instruction = step.Instruction, Created = created, Parent = _state.LastKey,
        });
        _state.LastKey = key.Hex;
        return new Outcome(Cached: false, WouldRun: false, layer?.DiffId);
    }

    private void Use(ImageStore.HeldLayer? layer, string createdBy, DateTimeOffset created)
    {
        if (layer is not null)
        {
            session.Hold(layer);
            _state.Layers.Add(layer.DiffId);
        }

        AddHistory(createdBy, created, emptyLayer: layer is null);
    }

    private readonly record struct Outcome(bool Cached, bool WouldRun, Digest? Layer);
}
