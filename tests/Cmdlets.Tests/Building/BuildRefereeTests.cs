using System.Formats.Tar;
using System.Text.Json;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Building;

/// <summary>
/// The same Dockerfile and context give the same tree and the same config as with docker and with buildah. Where they differ from each other,
/// docker decides, and before its old builder, which Debian has, buildkit.
/// </summary>
public sealed class BuildRefereeTests(ContainerHostFixture host, BuildReferees referees) : BuildTest(host), IClassFixture<BuildReferees>
{
    private static readonly string[] s_keys =
    [
        "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "Healthcheck", "OnBuild", "Shell",
    ];

    public static TheoryData<string> Names => [.. RefereedBuild.All.Select(build => build.Name)];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void OthersBuildTheSame(string name)
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        RefereedBuild build = RefereedBuild.Find(name);
        string[] asked = [.. build.Referees.Where(referee => referees.Missing(referee) is null)];
        Skip.If(asked.Length == 0, string.Join(", ", build.Referees.Select(referees.Missing)));
        MakeBase();
        string context = MakeContext(build);
        Task<BuiltTree>[] theirs = [.. asked.Select(referee => Task.Run(() => referees.Build(referee, context)))];
        try
        {
            BuiltTree ours = Ours(context);
            string[] differences =
                [.. asked.Zip(theirs).SelectMany(one => Differences(build, one.First, one.Second.GetAwaiter().GetResult(), ours))];
            Assert.True(differences.Length == 0, string.Join('\n', differences));
        }
        finally
        {
            ((IAsyncResult)Task.WhenAll(theirs)).AsyncWaitHandle.WaitOne();
        }
    }

    private static IEnumerable<string> Differences(RefereedBuild build, string referee, BuiltTree theirs, BuiltTree ours)
    {
        SortedDictionary<string, string> wanted = Lines(theirs, referee), got = Lines(ours, referee);
        IEnumerable<string> known = build.Known.Where(one => one.Referee == referee).Select(one => one.Subject);
        return wanted.Keys.Union(got.Keys).Except(known).Except(referee == "docker" ? BuildReferees.OfDocker : []).Order(StringComparer.Ordinal)
            .Where(key => wanted.GetValueOrDefault(key) != got.GetValueOrDefault(key))
            .Select(key => $"{key}\n    {referee}: {wanted.GetValueOrDefault(key, "-")}\n    ours: {got.GetValueOrDefault(key, "-")}");
    }

    /// <summary>The base images are made here, and the others load them.</summary>
    private void MakeBase()
    {
        if (File.Exists(referees.Base))
        {
            return;
        }

        string root = Directory.CreateDirectory(Path.Combine(referees.Folder, "root")).FullName;
        referees.Run("sh", "-ec", "cd \"$0\"\n" + RefereedBuild.BaseRoot + "\nfind . -exec touch -h -d '2001-02-03 04:05:06' {} +", root);
        Ok("$null = New-ContainerImage -Path $args[0] -Name root", root);
        foreach ((string config, string image) in RefereedBuild.BaseConfigs.Zip(RefereedBuild.BaseImages))
        {
            Ok("$null = $args[0] | Build-ContainerImage -Network none -Tag $args[1]", config, image);
        }

        Ok("Export-ContainerImage $args[0] -Path $args[1]", RefereedBuild.BaseImages, referees.Base);
    }

    private string MakeContext(RefereedBuild build)
    {
        string context = Path.Combine(referees.Folder, build.Name.ToLowerInvariant());
        if (!Directory.Exists(context))
        {
            Directory.CreateDirectory(context);
            referees.Run("sh", "-ec", "cd \"$0\"\n" + build.Context, context);
            File.WriteAllText(Path.Combine(context, "Dockerfile"), build.Dockerfile);
            referees.Run("sh", "-ec", "cd \"$0\"; find . -exec touch -h -d '2004-05-06 07:08:09' {} +", context);
        }

        return context;
    }

    private BuiltTree Ours(string context)
    {
        string tree = context + ".tar", archive = context + ".image.tar";
        Ok("Build-ContainerImage $args[0] -Network none -Output $args[1], \"type=docker,dest=$($args[2])\"", context, tree, archive);
        using JsonDocument manifest = JsonDocument.Parse(Member(archive, "manifest.json"));
        using JsonDocument config = JsonDocument.Parse(Member(archive, manifest.RootElement[0].GetProperty("Config").GetString()!));
        return new BuiltTree(TarListing.Read(tree), config.RootElement.Clone());
    }

    private static byte[] Member(string tar, string name)
    {
        using FileStream stream = File.OpenRead(tar);
        using TarReader reader = new(stream);
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name == name)
            {
                using MemoryStream content = new();
                entry.DataStream!.CopyTo(content);
                return content.ToArray();
            }
        }

        throw new FileNotFoundException($"'{tar}' has no '{name}'.");
    }

    /// <summary>The tree below "/", and the config by its keys.</summary>
    private static SortedDictionary<string, string> Lines(BuiltTree built, string referee)
    {
        SortedDictionary<string, string> lines = new(StringComparer.Ordinal);
        foreach ((string path, string line) in built.Tree)
        {
            lines["/" + path] = line;
        }

        lines["Platform"] = string.Join('/', new[] { "os", "architecture" }.Select(key => Property(built.Config, key)));
        lines["Author"] = Property(built.Config, "author");
        JsonElement config = built.Config.EnumerateObject().Single(one => one.NameEquals("config") || one.NameEquals("Config")).Value;
        foreach (string key in s_keys)
        {
            lines[key] = Property(config, key);
        }

        if (referee == "buildah")
        {
            // A variable that is set again moves to the end there.
            lines["Env"] = string.Join('\n', JsonSerializer.Deserialize<string[]>(lines["Env"])!.Order(StringComparer.Ordinal));
        }

        return lines;
    }

    /// <summary>A value as sorted JSON. What is empty is as good as not there.</summary>
    private static string Property(JsonElement json, string key)
    {
        JsonProperty found = json.EnumerateObject().FirstOrDefault(one => string.Equals(one.Name, key, StringComparison.OrdinalIgnoreCase));
        return found.Value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => "",
            JsonValueKind.String => found.Value.GetString()!,
            JsonValueKind.Object => string.Join(' ', found.Value.EnumerateObject().OrderBy(one => one.Name, StringComparer.Ordinal)
                .Select(one => $"{one.Name}={JsonSerializer.Serialize(one.Value)}")),
            _ when found.Value.GetArrayLength() == 0 => "",
            _ => JsonSerializer.Serialize(found.Value),
        };
    }
}
