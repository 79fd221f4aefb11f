# "How Docker networks a container": the four values of --net, and by hand what the engine does.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
        # What lies in /var/run/netns for the commands of the walkthrough alone.
        $links = Join-Path $walk.Folder 'netns'
        $null = New-Item -ItemType Directory -Path $links
    }

    # Runs shell lines with an empty /var/run that has $links as netns: "ip netns" sees no namespace of this machine.
    function Invoke-Recipe([string] $Script, [string[]] $Argument) {
        $setup = 'set -e; links=$1; shift; touch "$links/.probe"; rm "$links/.probe"
exec 3< "$links"; mount -t tmpfs tmpfs /run; mkdir -p /run/netns; mount --bind /proc/self/fd/3 /run/netns; exec 3<&-
'
        $lines = unshare --mount -- sh -c ($setup + $Script) sh $links @Argument 2>&1 | ForEach-Object ToString
        if ($LASTEXITCODE -ne 0) {
            throw "The recipe failed: $($lines -join '; ')"
        }

        $lines
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'How Docker networks a container' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
    }

    It 'puts a container into a stack of its own with nothing but lo with --net=none' {
        $lines = Invoke-ContainerImage base -RemoveOnExit -Network none -Command sh, -c, 'ip -o link; ip route; ping -c 1 -W 1 127.0.0.1'
        @($lines -match '^\d+: ') | Should -HaveCount 1
        "$lines" | Should -Match '^1: lo: <LOOPBACK,UP,LOWER_UP>'
        "$lines" | Should -Not -Match 'default'
        "$lines" | Should -Match ' 0% packet loss'
    }

    It 'leaves a container in the stack of the host with --net=host, which it cannot change' {
        $lines = Invoke-ContainerImage base -RemoveOnExit -Network host -Command sh, -c, 'ip -o link; ip link set docker0 down 2>&1; hostname'
        "$lines" | Should -Match ': docker0: '
        "$lines" | Should -Match 'Operation not permitted'
        "$lines" | Should -Match (hostname)
        "$(ip link show docker0)" | Should -Match '<[^>]*\bUP\b'

        # It serves at the addresses of the host, a low port too.
        $null = Start-WebServer web @{ Network = 'host' }
        Read-Page 'http://172.17.42.1/' | Should -Be 'page of web'
    }

    It 'refuses -h, -p and links with --net=host' {
        { Start-Idle web @{ Network = 'host'; HostName = 'web' } } | Should -Throw -ErrorId 'HostNameConflict*'
        { Start-Idle web @{ Network = 'host'; Link = 'other' } } | Should -Throw -ErrorId 'NetworkModeConflict*'
        { Start-Idle web @{ Network = 'host'; Publish = '80:80' } } | Should -Throw -ErrorId 'NetworkModeConflict*'
        Get-Container | Should -BeNullOrEmpty
    }

    It 'shares addresses, ports, names and loopback with --net=container:NAME' {
        $web = Start-WebServer web @{ Publish = '8080:80' }
        $beside = Start-Idle beside @{ Network = 'container:web' }
        readlink "/proc/$($beside.ProcessId)/ns/net" | Should -Be (readlink "/proc/$($web.ProcessId)/ns/net")
        "$(Invoke-Inside beside 'ip addr show eth0')" | Should -Match "inet $($web.IPAddress)/16"
        Read-PageInside beside 'http://127.0.0.1/' | Should -Be 'page of web'
        Invoke-Inside beside 'cat /etc/hosts' | Should -Be (Invoke-Inside web 'cat /etc/hosts')
        Invoke-Inside beside hostname | Should -Be $web.ShortId
        # The port is taken, for it is the same.
        "$(Invoke-Inside beside 'httpd -f -p 80')" | Should -Match 'Address already in use|in use'
        # The file systems stay apart.
        Invoke-Inside beside 'ls /www 2>&1' | Should -Match 'No such file'
        { Start-Idle third @{ Network = 'container:web'; Publish = '81:81' } } | Should -Throw -ErrorId 'NetworkModeConflict*'
    }

    It 'does not let a container change its own network' {
        $lines = Invoke-ContainerImage base -RemoveOnExit -Command sh, -c, 'ip link set eth0 down 2>&1; ip addr add 10.0.0.1/8 dev eth0 2>&1'
        $lines | Should -HaveCount 2
        $lines | Should -Match 'Operation not permitted'
    }

    It 'can be done by hand with the process id of a container' {
        $null = Start-WebServer web
        $idle = Start-Idle idle @{ Network = 'none' }
        $id = "$($idle.ProcessId)"
        "$(ip address show docker0)" | Should -Match 'inet 172\.17\.42\.1/16 scope global docker0'

        $add = if (Get-Command brctl -ErrorAction Ignore) { 'brctl addif docker0 A' } else { 'ip link set A master docker0' }
        Invoke-Recipe "pid=`$1
ln -s /proc/`$pid/ns/net /var/run/netns/`$pid
ip link add A type veth peer name B
$add
ip link set A up
ip link set B netns `$pid
ip netns exec `$pid ip link set dev B name eth0
ip netns exec `$pid ip link set eth0 up
ip netns exec `$pid ip addr add 172.17.42.99/16 dev eth0
ip netns exec `$pid ip route add default via 172.17.42.1" $id | Should -BeNullOrEmpty

        (Get-ContainerBridge docker0).Ports.Interface | Should -Contain 'A'
        Invoke-Inside idle 'ip route' | Should -Contain 'default via 172.17.42.1 dev eth0 '
        Test-Ping idle 172.17.42.1 | Should -BeTrue
        Read-PageInside idle "http://$((Get-Container web).IPAddress)/cgi-bin/who" | Should -Match ':172\.17\.42\.99\]$'

        # The end of the container takes all of it along but the link, which leads nowhere then.
        Stop-Container idle -Timeout 0
        Wait-Until { (Get-HostInterface) -notcontains 'A' } | Should -BeTrue
        (Get-ContainerBridge docker0).Ports.Interface | Should -Not -Contain 'A'
        Wait-Until { -not (Test-Path "/proc/$id/ns/net") } | Should -BeTrue
        Invoke-Recipe 'find -L /var/run/netns -type l' | Should -Be "/var/run/netns/$id"
        Invoke-Recipe 'find -L /var/run/netns -type l -delete'
        Get-ChildItem $links | Should -BeNullOrEmpty
    }
}

Describe 'Building a point-to-point connection' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Invoke-Recipe 'find -L /var/run/netns -type l -delete'
        }
    }

    It 'can be done by hand' {
        $one = Start-WebServer one @{ Network = 'none' }
        $two = Start-WebServer two @{ Network = 'none' }
        Invoke-Recipe 'ln -s /proc/$1/ns/net /var/run/netns/$1
ln -s /proc/$2/ns/net /var/run/netns/$2
ip link add A type veth peer name B
ip link set A netns $1
ip netns exec $1 ip addr add 10.1.1.1/32 dev A
ip netns exec $1 ip link set A up
ip netns exec $1 ip route add 10.1.1.2/32 dev A
ip link set B netns $2
ip netns exec $2 ip addr add 10.1.1.2/32 dev B
ip netns exec $2 ip link set B up
ip netns exec $2 ip route add 10.1.1.1/32 dev B' $one.ProcessId, $two.ProcessId | Should -BeNullOrEmpty
        Test-Ping one 10.1.1.2 | Should -BeTrue
        Read-PageInside two 'http://10.1.1.1/cgi-bin/who' | Should -Match ':10\.1\.1\.2\]$'
    }

    It 'is one cmdlet' {
        $null = Start-WebServer one @{ Network = 'none' }
        $null = Start-WebServer two @{ Network = 'none' }
        New-ContainerPeerLink one -Peer two -IPAddress 10.1.1.1 -PeerIPAddress 10.1.1.2 -InterfaceName A -PeerInterfaceName B
        "$(Invoke-Inside one 'ip addr show A')" | Should -Match 'inet 10\.1\.1\.1/32 '
        Invoke-Inside one 'ip route' | Should -Match '^10\.1\.1\.2 dev A'
        "$(Invoke-Inside two 'ip addr show B')" | Should -Match 'inet 10\.1\.1\.2/32 '
        Invoke-Inside two 'ip route' | Should -Match '^10\.1\.1\.1 dev B'
        # No end of it is on the host, and nothing of it in a bridge.
        ip -brief link show type veth | Should -BeNullOrEmpty
        Test-Ping one 10.1.1.2 | Should -BeTrue
        Read-PageInside two 'http://10.1.1.1/cgi-bin/who' | Should -Match ':10\.1\.1\.2\]$'

        Remove-Container one -Force
        Wait-Until { -not (Invoke-Inside two 'ip -o link' | Where-Object { $_ -cmatch ' B[@:]' }) } | Should -BeTrue
        Get-ContainerPeerLink | Should -BeNullOrEmpty
    }

    It 'goes beside the normal network, past --icc=false' {
        Set-ContainerHost -InterContainerCommunication $false
        try {
            $null = Start-WebServer one
            $two = Start-Idle two
            Read-PageInside two "http://$((Get-Container one).IPAddress)/" | Should -BeNullOrEmpty
            New-ContainerPeerLink one -Peer two -IPAddress 10.1.1.1 -PeerIPAddress 10.1.1.2
            Read-PageInside two 'http://10.1.1.1/' | Should -Be 'page of one'
            Invoke-Inside two 'ip route' | Should -Contain 'default via 172.17.42.1 dev eth0 '
            $two.IsRunning | Should -BeTrue
        }
        finally {
            Set-ContainerHost -InterContainerCommunication $null
        }
    }

    It 'leads from a container to the host, out of the band of the bridge' {
        $null = Start-WebServer one @{ Network = 'none' }
        New-ContainerPeerLink one -PeerHost -IPAddress 10.1.2.1 -PeerIPAddress 10.1.2.2
        "$(ip route get 10.1.2.1)" | Should -Match '10\.1\.2\.1 dev \w+ src 10\.1\.2\.2'
        Read-Page 'http://10.1.2.1/' | Should -Be 'page of one'
        Read-PageInside one 'http://127.0.0.1/cgi-bin/who' | Should -Match '127\.0\.0\.1\]$'
    }
}
