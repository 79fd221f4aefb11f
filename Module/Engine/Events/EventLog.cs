using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Launch.Plan;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;

namespace Containers.Engine.Events;

/// <summary>
/// What happened on this host, in order, from every session and monitor: <see cref="EventFile"/>. Thread-safe. Writing one costs some
/// microseconds and never fails what it tells of: on a full disk the event is lost.
/// </summary>
internal sealed unsafe class EventLog(string dataRoot)
{
    /// <summary>Nanoseconds, and docker's label limit is far below: what is longer than a record may be is left out.</summary>
    private const int MaximumLabels = 48 << 10;

    private readonly byte[] _path = [.. Encoding.UTF8.GetBytes(PathOf(dataRoot)), 0];

    internal string Directory { get; } = DirectoryOf(dataRoot);

    internal static string DirectoryOf(string dataRoot) => dataRoot + "/events";

    /// <summary>The file that a monitor appends to.</summary>
    internal static string PathOf(string dataRoot) => DirectoryOf(dataRoot) + "/" + EventFile.Name;

    /// <param name="type">What it happened to.</param>
    /// <param name="action">One of <see cref="EventActions"/>.</param>
    /// <param name="id">Its id.</param>
    /// <param name="name">Its name, or empty.</param>
    /// <param name="attributes">By docker's names.</param>
    internal void Write(ContainerEventType type, string action, string id, string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        List<KeyValuePair<string, string>> all = new(attributes.Length);
        foreach ((string key, string value) in attributes)
        {
            all.Add(new(key, value));
        }

        Write(type, action, id, name, all);
    }

    internal void Write(
        ContainerEventType type, string action, string id, string name, IEnumerable<KeyValuePair<string, string>> attributes) =>
        Append(EventText.Record(type, action, id, name, attributes));

    /// <summary>An event of a container, with its image and labels.</summary>
    internal void Write(ContainerRecord record, string action, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Dictionary<string, string> all = Attributes(record);
        foreach ((string name, string value) in attributes)
        {
            all[name] = value;
        }

        Write(ContainerEventType.Container, action, record.Id, record.Name, all);
    }

    /// <summary>An event of an image. Where it has several names, the first.</summary>
    internal void Write(ContainerImage image, string action, string? name = null) => Write(
        ContainerEventType.Image, action, image.Id, name ?? (image.References.Count > 0 ? image.References[0] : ""), image.Labels);

    /// <summary>What the container's monitor has to say of it in each event.</summary>
    internal static string Subject(ContainerRecord record) => EventText.Subject(record.Id, record.Name, Attributes(record));

    /// <summary>As docker has it: labels, and what the engine says wins over them.</summary>
    private static Dictionary<string, string> Attributes(ContainerRecord record)
    {
        IReadOnlyDictionary<string, string> labels = record.Spec.Labels;
        bool fits = labels.Sum(label => label.Key.Length + label.Value.Length) < MaximumLabels / 6; // Escaped, a character has six bytes at most.
        Dictionary<string, string> attributes = fits ? new(labels, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        attributes["image"] = record.Spec.Image;
        return attributes;
    }

    private void Append(byte[] record)
    {
        fixed (byte* text = record, path = (byte[])_path.Clone()) // Cut in place while the directory is made: each call its own.
        {
            Libc.iovec part = new() { iov_base = text, iov_len = (nuint)record.Length };
            _ = EventFile.Append(path, &part, 1); // Lost on a full disk, as documented: the operation has succeeded.
        }
    }
}
