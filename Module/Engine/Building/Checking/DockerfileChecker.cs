using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;

namespace Containers.Engine.Building.Checking;

/// <summary>
/// Docker's build checks (moby/buildkit frontend/dockerfile/linter) without a build: every stage is gone through with the variables that it would
/// have. Nothing is pulled: images that are not here are unknown, and findings that need them are left out.
/// </summary>
/// <param name="given">Build arguments.</param>
/// <param name="find">An image of this host by its name; null where it is not here.</param>
/// <param name="ignore">The rules of the context's .dockerignore, where there is one.</param>
internal sealed class DockerfileChecker(
    IReadOnlyDictionary<string, string> given, Func<string, BaseImageFacts?> find, IgnoreFile? ignore)
{
    private static readonly string[] s_reserved = ["context", "scratch"];

    private readonly Dictionary<int, StageChecker> _stages = [];

    /// <summary>All findings of a file: where it cannot be read, the error, which then is the only one.</summary>
    internal static IReadOnlyList<ContainerFileFinding> Check(
        string name, ReadOnlySpan<byte> content, IReadOnlyDictionary<string, string> given, Func<string, BaseImageFacts?> find, IgnoreFile? ignore)
    {
        FindingList findings = new(CheckOptions.Default);
        try
        {
            Dockerfile file = DockerfileParser.Parse(SourceText.FromBytes(name, content));
            findings = new FindingList(file.Directives.Check);
            new DockerfileChecker(given, find, ignore).Check(file, findings);
        }
        catch (EngineException e)
        {
            findings.Add(e, name);
        }

        return findings.Sorted;
    }

    /// <exception cref="EngineException">It cannot be built; what was found until then stays.</exception>
    internal void Check(Dockerfile file, FindingList findings)
    {
        CheckNames(file, findings);
        CheckCasing(file, findings);
        CheckComments(file, findings);
        StageReferences.Check(file);

        char escape = file.Directives.Escape;
        GlobalVariables defaults = Globals(new Dictionary<string, string>(), file);
        GlobalVariables globals = Globals(given, file);
        foreach (ArgInstruction argument in file.GlobalArgs)
        {
            defaults.Declare(argument, escape);
            globals.Declare(argument, escape);
        }

        _ = SourceDateEpoch.Find(globals, file);
        foreach (Stage stage in file.Stages)
        {
            findings.Enter(stage.Comments);
            CheckDefault(stage, defaults, escape, findings);
            Word name = CheckFrom(stage, globals, escape, findings);
            Stage? below = file.Stages.Take(stage.Index).LastOrDefault(one => one.Alias == name.Text);
            StageChecker checker = below is not null
                ? new StageChecker(_stages[below.Index], ignore, escape, findings)
                : new StageChecker(globals, Facts(name, stage, findings), ignore, escape, findings);
            _stages[stage.Index] = checker;
            foreach (Instruction instruction in stage.Instructions)
            {
                findings.Enter(instruction.Comments);
                checker.Check(instruction);
            }
        }
    }

    private static GlobalVariables Globals(IReadOnlyDictionary<string, string> given, Dockerfile file)
    {
        BuildPlatform platform = new(ImagePlatform.Current.Os, ImagePlatform.Current.Architecture, ImagePlatform.Current.Variant ?? "");
        return new GlobalVariables(given, platform, platform, file.Stages[^1].Alias ?? "default");
    }

    private BaseImageFacts? Facts(Word name, Stage stage, FindingList findings)
    {
        if (name.Text == "scratch")
        {
            return BaseImageFacts.Scratch;
        }

        BaseImageFacts? facts = find(name.Text);
        ImagePlatform wanted = ImagePlatform.Current;

        // Where the file asks for another platform, the image that is here is not the one that will be used.
        if (facts is not null && stage.Platform is null && (facts.Platform.Os != wanted.Os || facts.Platform.Architecture != wanted.Architecture))
        {
            findings.Add(
                CheckRule.InvalidBaseImagePlatform, stage.BaseName.Range,
                $"The base image {name.Text} is here for {facts.Platform}, and {wanted} is built for");
        }

        return facts;
    }

    private static void CheckDefault(Stage stage, GlobalVariables defaults, char escape, FindingList findings)
    {
        string name;
        try
        {
            name = new WordExpander(defaults, escape).Expand(stage.BaseName).Text;
        }
        catch (EngineException)
        {
            return; // The same word with the arguments that were given fails too, or does not fail.
        }

        if (!ImageReference.TryParse(name, out _))
        {
            findings.Add(
                CheckRule.InvalidDefaultArgInFrom, stage.BaseName.Range,
                $"Without build arguments {stage.BaseName.Text} is {(name.Length == 0 ? "empty" : $"'{name}'")}, which is no image");
        }
    }

    private static Word CheckFrom(Stage stage, GlobalVariables globals, char escape, FindingList findings)
    {
        WordExpander expander = new(globals, escape);
        Word name = expander.Expand(stage.BaseName);
        ReportUndefined(expander, stage.BaseName);
        if (name.Text.Length == 0)
        {
            throw SourceText.Invalid(
                stage.BaseName.Range, $"the name of the base is empty: '{stage.BaseName.Text}' has no value",
                "Give it with -BuildArgument, or a default with ARG before the first FROM.");
        }

        if (stage.Platform is { } written)
        {
            WordExpander own = new(globals, escape);
            string platform = own.Expand(written).Text;
            ReportUndefined(own, written);
            if (own.Used.Count == 1 && own.Missing.Count == 0 && own.Used.Contains("TARGETPLATFORM") && platform == globals.Find("TARGETPLATFORM"))
            {
                findings.Add(
                    CheckRule.RedundantTargetPlatform, written.Range, $"--platform={written.Text} is what is built for anyway: leave it out");
            }

            if (own.Used.Count + own.Missing.Count == 0)
            {
                string[] parts = platform.Split('/');
                if (!parts.Take(2).Any(part => stage.Alias?.Contains(part, StringComparison.OrdinalIgnoreCase) ?? false))
                {
                    findings.Add(
                        CheckRule.FromPlatformFlagConstDisallowed, written.Range, $"--platform should not be the constant '{platform}'; use $BUILDPLATFORM or $TARGETPLATFORM");
                }
            }
        }

        return name;

        void ReportUndefined(WordExpander expander, Word word)
        {
            foreach (string missing in expander.Missing.Where(one => !globals.Declared.Contains(one)))
            {
                string? near = Suggestion.Nearest(missing, globals.Declared.Concat(globals.Names));
                findings.Add(
                    CheckRule.UndefinedArgInFrom, word.Range,
                    $"The argument '{missing}' is not declared before the first FROM{(near is null ? "" : $"; did you mean {near}?")}");
            }
        }
    }

    private static void CheckNames(Dockerfile file, FindingList findings)
    {
        HashSet<string> names = [];
        foreach (Stage stage in file.Stages)
        {
            findings.Enter(stage.Comments);
            if (stage is { Alias: { } alias, WrittenAlias: { } written })
            {
                if (written.Text != alias)
                {
                    findings.Add(CheckRule.StageNameCasing, written.Range, $"The stage's name '{written.Text}' should be in lower case");
                }

                if (s_reserved.Contains(alias))
                {
                    findings.Add(CheckRule.ReservedStageName, written.Range, $"'{alias}' means something else already; name the stage differently");
                }

                if (!names.Add(alias))
                {
                    findings.Add(CheckRule.DuplicateStageName, written.Range, $"There is a stage '{alias}' already");
                }
            }

            if (stage.AsKeyword is { } keyword && IsOneCase(stage.Keyword.Text) && IsLower(keyword.Text) != IsLower(stage.Keyword.Text))
            {
                findings.Add(CheckRule.FromAsCasing, keyword.Range, $"'{keyword.Text}' is not written like '{stage.Keyword.Text}'");
            }
        }
    }

    /// <summary>Most instructions of a file are in one case; the others should be too.</summary>
    private static void CheckCasing(Dockerfile file, FindingList findings)
    {
        List<(Word Keyword, IReadOnlyList<string> Comments)> all =
            [.. file.Stages.SelectMany(stage => stage.Instructions.Select(one => (one.Keyword, one.Comments)).Prepend((stage.Keyword, stage.Comments)))];
        int lower = all.Count(one => IsLower(one.Keyword.Text));
        bool wantsLower = lower > all.Count(one => IsUpper(one.Keyword.Text));
        foreach ((Word keyword, IReadOnlyList<string> comments) in all.Where(one => wantsLower ? !IsLower(one.Keyword.Text) : !IsUpper(one.Keyword.Text)))
        {
            findings.Enter(comments);
            findings.Add(
                CheckRule.ConsistentInstructionCasing, keyword.Range,
                $"'{keyword.Text}' should be in {(wantsLower ? "lower" : "upper")} case, like most of the instructions");
        }
    }

    private static void CheckComments(Dockerfile file, FindingList findings)
    {
        foreach (Stage stage in file.Stages)
        {
            findings.Enter(stage.Comments);
            Check(stage.EmptyLines, file);
            Describe("FROM", stage.Comments, stage.Alias is null ? [] : [stage.Alias], stage.Range);
        }

        foreach (Instruction instruction in file.Stages.SelectMany(stage => stage.Instructions).Concat(file.GlobalArgs))
        {
            findings.Enter(instruction.Comments);
            Check(instruction.EmptyLines, file);
            if (instruction is ArgInstruction arg)
            {
                Describe("ARG", arg.Comments, [.. arg.Arguments.Select(one => one.Name)], arg.Range);
            }
        }

        void Check(IReadOnlyList<int> lines, Dockerfile file)
        {
            if (lines.Count > 0)
            {
                findings.Add(CheckRule.NoEmptyContinuation, file.Source.RangeOfLine(lines[0]), "The instruction goes on behind an empty line");
            }
        }

        void Describe(string instruction, IReadOnlyList<string> comments, IReadOnlyList<string> names, SourceRange range)
        {
            if (comments.Count > 0 && names.Count > 0 && !names.Contains(comments[^1].Split(' ')[0]))
            {
                findings.Add(
                    CheckRule.InvalidDefinitionDescription, range,
                    $"The comment above {instruction} should begin with the name: # {names[0]} <description>");
            }
        }
    }

    private static bool IsOneCase(string word) => IsLower(word) || IsUpper(word);

    private static bool IsLower(string word) => !word.Any(char.IsUpper);

    private static bool IsUpper(string word) => !word.Any(char.IsLower);
}
