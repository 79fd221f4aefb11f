using System.Collections;
using Containers.Engine.Volumes;

namespace Containers.Cmdlets;

/// <summary>Names of volumes.</summary>
public class VolumeNameCompleter : Completer
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EngineAccess.Current.ListVolumes(withSize: false, CancellationToken.None).Select(volume => new Candidate(volume.Name, Tip(volume)));

    private protected static string Tip(ContainerVolume volume) => volume.UsedBy.Count == 0
        ? $"{volume.Name}: used by no container"
        : $"{volume.Name}: used by {string.Join(", ", volume.UsedBy)}";
}

/// <summary>The beginning of a -Volume: the name and its colon.</summary>
public sealed class VolumeMountCompleter : VolumeNameCompleter
{
    private protected override IEnumerable<Candidate> Candidates(string word, IDictionary bound) =>
        EngineAccess.Current.ListVolumes(withSize: false, CancellationToken.None)
            .Where(volume => !volume.Anonymous).Select(volume => new Candidate(volume.Name + ":", Tip(volume)));
}
