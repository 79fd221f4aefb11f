# Packets, once they flow: beside docker, and beside a bridge without an engine as the floor.

$script:TrafficHosts = $null

# A root with iperf3 and nginx and the libraries they need, as an image for ours and for docker.
function New-TrafficImage {
    $root = "$work/traffic/rootfs"
    foreach ($folder in 'proc', 'sys', 'dev', 'etc', 'tmp', 'run', 'bin', 'var/log/nginx', 'var/lib/nginx') { $null = New-Item -ItemType Directory -Force -Path "$root/$folder" }
    foreach ($name in 'iperf3', 'nginx') {
        $program = (Get-Command $name -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source
        if (-not $program) { throw "$name is missing (apt install iperf3 nginx-light wrk): traffic is measured with it." }
        Copy-Item $program "$root/bin/$name"
        foreach ($library in (ldd $program | Select-String '(?<path>/\S+) \(0x').ForEach({ $_.Matches[0].Groups['path'].Value })) {
            $null = New-Item -ItemType Directory -Force -Path "$root$(Split-Path $library)"
            Copy-Item $library "$root$library"
        }
    }
    Set-Content "$root/etc/passwd" 'root:x:0:0::/:/bin/sh'
    Set-Content "$root/etc/group" 'root:x:0:'
    # One process: where a master is killed, its workers would stay.
    Set-Content "$root/etc/web.conf" (
        'user root; master_process off; daemon off; pid /run/web.pid; error_log stderr crit; events { worker_connections 4096; } ' +
        'http { access_log off; server { listen 8080; return 200 "ok\n"; } }')
    $null = New-ContainerImage traffic -Path $root
    if ($Rivals.Contains('docker')) {
        tar -C $root -cf "$work/traffic.tar" .
        $null = Invoke-Rival docker @('import', "$work/traffic.tar", 'traffic')
    }
}

# What each engine is measured on: a container with both servers' ports published, and a neighbour. Made once a run.
# Target is where the server is met: from its host and its neighbours on the bridge, and from the next machine.
function Get-TrafficHost {
    if ($TrafficHosts) { return $TrafficHosts }
    New-TrafficImage
    $web = "$work/traffic/rootfs/etc/web.conf"
    $servers = 'nginx', '-c', '/etc/web.conf'
    $hosts = [ordered]@{}

    $null = Invoke-ContainerImage traffic -Name measure -Command iperf3, -s -Detach -Network bridge -Publish 15201:5201
    $null = Invoke-ContainerImage traffic -Name web -Command $servers -Detach -Network bridge -Publish 18080:8080
    $hosts.containers = @{
        Host = $PID; Neighbour = New-Neighbour $PID; Server = "$((Get-Container measure).IPAddress)"; Outside = '192.0.2.1', 15201; Web = '192.0.2.1:18080'
        Beside = { param($command) Invoke-ContainerImage traffic -Command $command -RemoveOnExit -Network bridge }
    }

    $plain = New-PlainHost
    foreach ($command in @('iperf3', '-s'), @('nginx', '-c', "$work/plain.conf")) {
        Set-Content "$work/plain.conf" ((Get-Content -Raw $web).Replace('/run/web.pid', "$work/web.pid"))
        $NetworkSpaces.Add((Start-Process nsenter -PassThru -RedirectStandardOutput "$work/plain.out" -ArgumentList (@("--net=/proc/$($plain.Ends[0])/ns/net") + $command)))
    }
    $hosts['veth and bridge'] = @{
        Host = $plain.Host; Neighbour = $plain.Neighbour; Server = '10.99.0.2'; Outside = '10.99.0.2', 5201; Web = '10.99.0.2:8080'
        Beside = { param($command) Invoke-InSpace $plain.Ends[1] $command }.GetNewClosure()
    }

    if ($Rivals.Contains('docker')) {
        $null = Invoke-Rival docker @('run', '-d', '--name', 'measure', '-p', '15201:5201', 'traffic', 'iperf3', '-s')
        $null = Invoke-Rival docker (@('run', '-d', '--name', 'web', '-p', '18080:8080', 'traffic') + $servers)
        $null = Invoke-Rival docker @('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'measure') "$work/address"
        $hosts.docker = @{
            Host = $Dockerd.Id; Neighbour = New-Neighbour $Dockerd.Id; Server = (Get-Content "$work/address"); Outside = '192.0.2.1', 15201; Web = '192.0.2.1:18080'
            Beside = {
                param($command)
                $null = Invoke-Rival docker (@('run', '--rm', 'traffic') + $command)
                Get-Content "$work/rival.out"
            }
        }
    }
    Start-Sleep -Seconds 1
    $script:TrafficHosts = $hosts
    $hosts
}

# One stream for some seconds, as iperf3 counts it where it arrives: Gbit/s. Starting the client is not in it.
function Get-Throughput([scriptblock] $Client, [string] $Address, [int] $Port) {
    $report = & $Client @('iperf3', '-c', $Address, '-p', "$Port", '-t', "$Seconds", '-J') | Out-String | ConvertFrom-Json
    $report.end.sum_received.bits_per_second / 1e9
}

# Ways through each engine's host; more is better. Of the floor at least 0.95, and not below docker's.
function Measure-Throughput {
    $paths = [ordered]@{
        'from the host' = { param($at) Get-Throughput { param($c) Invoke-InSpace $at.Host $c }.GetNewClosure() $at.Server 5201 }
        'container to container' = { param($at) Get-Throughput $at.Beside $at.Server 5201 }
        'published, from a neighbour' = { param($at) Get-Throughput { param($c) Invoke-InSpace $at.Neighbour $c }.GetNewClosure() $at.Outside[0] $at.Outside[1] }
    }
    foreach ($path in $paths.Keys) {
        Measure-Traffic $path $paths[$path] 'Gbit/s' @{ 'veth and bridge' = 0.95; docker = 1 }
    }
}

# Connections opened, used for one request and closed, eight at a time, through the published port: a second.
function Measure-Connections {
    if (-not (Get-Command wrk -ErrorAction Ignore)) { throw 'wrk is missing (apt install wrk): connections are counted with it.' }
    Measure-Traffic 'connections, published' {
        param($at)
        $report = Invoke-InSpace $at.Neighbour @('wrk', '-t1', '-c8', "-d${Seconds}s", '-H', 'Connection: close', "http://$($at.Web)/") | Out-String
        if ($report -match 'Socket errors|Non-2xx') { throw "Requests failed: $report" }
        [double] [regex]::Match($report, 'Requests/sec:\s+([\d.]+)').Groups[1].Value
    } '1/s' @{ docker = 1 }
}

function Measure-Traffic([string] $Name, [scriptblock] $Action, [string] $Unit, [hashtable] $Target) {
    $hosts = Get-TrafficHost
    $actions = [ordered]@{}
    foreach ($engine in $hosts.Keys) {
        $at = $hosts[$engine]
        $actions[$engine] = { & $Action $at }.GetNewClosure()
    }
    Measure-Round $Name $actions ([Math]::Min($Rounds, 5)) $Target -Unit $Unit -WarmUp 0 -AtLeast
}
